#ifndef CCHECKSUM_SHA256_H
#define CCHECKSUM_SHA256_H

#include <stddef.h>
#include <stdint.h>

/// The constants of the 64 rounds.
extern const uint32_t cc_sha256_rounds[64];

/// Takes whole blocks of 64 bytes with the processor's instructions; only where `cc_has_sha256()`.
void cc_sha256_blocks_x86(uint32_t *state, const uint8_t *blocks, size_t count);

#endif
