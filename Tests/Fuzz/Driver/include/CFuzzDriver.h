#pragma once

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own main: tries inputs on `test` as the arguments say. */
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*test)(const uint8_t *bytes, size_t size));
