#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "CPair.h"
#include "wire.h"

static uint8_t payload[MAX_DATA + 4096];
static uint8_t data[MAX_DATA];

int cp_listen(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0) return -1;
  return listener;
}

// The description of the migration region: type, and one area that can be mapped.
static bool describe_region(int socket, wire_header reply, const cp_served *served) {
  struct {
    uint32_t argsz, flags, index, cap_offset;
    uint64_t size, offset;
    uint16_t type_id, type_version;
    uint32_t type_next, type, subtype;
    uint16_t sparse_id, sparse_version;
    uint32_t sparse_next, areas, reserved;
    uint64_t area_offset, area_size;
  } info = {80, 0xf, MIGRATION_REGION, 32, served->window_offset + served->window_size, 0, 2, 1, 48, 3, 1, 1, 1, 0, 1, 0,
            served->window_offset, served->window_size};
  return wire_send(socket, reply, &info, sizeof info, NULL, 0, served->window);
}

static bool answer(int socket, wire_header header, size_t size, const cp_served *served) {
  const cl_device *calls = &served->calls;
  wire_header reply = {header.id, header.command, 0, REPLY, 0};
  wire_access access;
  wire_data moved;
  int64_t done = -1;
  switch (header.command) {
  case VERSION: return wire_send(socket, reply, payload, 4, NULL, 0, -1);
  case REGION_INFO: return describe_region(socket, reply, served);
  case REGION_READ:
    if (size < sizeof access) break;
    memcpy(&access, payload, sizeof access);
    if (access.count > MAX_DATA) break;
    done = calls->read(calls->device, access.offset, data, access.count);
    if (done != (int64_t)access.count) break;
    return wire_send(socket, reply, &access, sizeof access, data, access.count, -1);
  case REGION_WRITE:
    if (size < sizeof access) break;
    memcpy(&access, payload, sizeof access);
    if (access.count != size - sizeof access) break;
    done = calls->write(calls->device, access.offset, payload + sizeof access, access.count);
    if (done != (int64_t)access.count) break;
    return wire_send(socket, reply, &access, sizeof access, NULL, 0, -1);
  case FEATURE: {
    uint32_t state;
    if (size < 16) break;
    memcpy(&state, payload + 8, sizeof state);
    if (served->set_state(calls->device, state) != 0) break;
    return wire_send(socket, reply, payload, 16, NULL, 0, -1);
  }
  case DATA_READ:
    if (size < sizeof moved) break;
    memcpy(&moved, payload, sizeof moved);
    if (moved.size > MAX_DATA) break;
    size_t got = 0;
    while (got < moved.size && (done = calls->read_stream(calls->device, data + got, moved.size - got)) > 0)
      got += (size_t)done;
    if (done < 0) break;
    moved = (wire_data){(uint32_t)(sizeof moved + got), (uint32_t)got};
    return wire_send(socket, reply, &moved, sizeof moved, data, got, -1);
  case DATA_WRITE:
    if (size < sizeof moved) break;
    memcpy(&moved, payload, sizeof moved);
    if (moved.size != size - sizeof moved) break;
    for (size_t taken = 0; taken < moved.size; taken += (size_t)done) {
      done = calls->write_stream(calls->device, payload + sizeof moved + taken, moved.size - taken);
      if (done <= 0) goto refuse;
    }
    return wire_send(socket, reply, NULL, 0, NULL, 0, -1);
  }
refuse:
  reply.flags = ERROR_REPLY;
  reply.error = 22;
  return wire_send(socket, reply, NULL, 0, NULL, 0, -1);
}

int cp_serve(int listener, const cp_served *served) {
  for (int client; (client = accept(listener, NULL, NULL)) >= 0; close(client)) {
    wire_header header;
    while (wire_receive(client, &header, sizeof header, NULL)) {
      size_t size = header.size - sizeof header;
      if (header.size < sizeof header || size > sizeof payload) break;
      if (size > 0 && !wire_receive(client, payload, size, NULL)) break;
      if (!answer(client, header, size, served)) break;
    }
  }
  return -1;
}

int cp_echo(int listener) {
  for (int client; (client = accept(listener, NULL, NULL)) >= 0; close(client)) {
    uint8_t question[32], reply[24] = {0};
    while (wire_receive(client, question, 16, NULL) && wire_receive(client, question + 16, 16, NULL))
      if (!wire_send(client, (wire_header){0}, reply, sizeof reply, NULL, 0, -1)) break;
  }
  return -1;
}
