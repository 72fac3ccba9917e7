#pragma once
// What client and server share.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint16_t id, command;
  uint32_t size, flags, error;
} wire_header;

typedef struct {
  uint64_t offset;
  uint32_t region, count;
} wire_access;

typedef struct {
  uint32_t argsz, size;
} wire_data;

enum { VERSION = 1, REGION_INFO = 5, REGION_READ = 9, REGION_WRITE = 10, FEATURE = 16, DATA_READ = 17, DATA_WRITE = 18 };
enum { REPLY = 1, ERROR_REPLY = 0x21 };
enum { MIGRATION_REGION = 9, MAX_DATA = 1 << 20 };

/// Sends header, head and data as one message, with a descriptor unless it is -1. False when that fails.
bool wire_send(int socket, wire_header header, const void *head, size_t head_size, const void *data, size_t data_size,
               int descriptor);
/// Receives all of `size` bytes, and the descriptor that comes with them. False at the end and when that fails.
bool wire_receive(int socket, void *bytes, size_t size, int *descriptor);
