#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "CPair.h"
#include "wire.h"

static int dial(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(number, (struct sockaddr *)&address, sizeof address) == 0) return number;
  close(number);
  return -1;
}

// Sends a command and receives the reply: its head, and its data straight to where they are wanted. Gives the bytes of
// data that came, or -1.
static int64_t ask(cp_client *client, uint16_t command, const void *head, size_t head_size, const void *out,
                   size_t out_size, void *reply_head, size_t reply_head_size, void *in, size_t room, int *descriptor) {
  wire_header header = {client->next_id++, command, 0, 0, 0}, reply;
  if (!wire_send(client->socket, header, head, head_size, out, out_size, -1)) return -1;
  if (!wire_receive(client->socket, &reply, sizeof reply, descriptor)) return -1;
  if (reply.id != header.id || reply.command != command || reply.flags != REPLY) return -1;
  if (reply.size < sizeof reply + reply_head_size || reply.size - sizeof reply - reply_head_size > room) return -1;
  const size_t came = reply.size - sizeof reply - reply_head_size;
  if (reply_head_size > 0 && !wire_receive(client->socket, reply_head, reply_head_size, NULL)) return -1;
  if (came > 0 && !wire_receive(client->socket, in, came, NULL)) return -1;
  return (int64_t)came;
}

static int64_t read_region(void *context, uint64_t offset, void *bytes, size_t count) {
  cp_client *client = context;
  for (size_t done = 0; done < count;) {
    const size_t part = count - done < client->read_size ? count - done : client->read_size;
    wire_access access = {offset + done, MIGRATION_REGION, (uint32_t)part}, echo;
    int64_t came = ask(client, REGION_READ, &access, sizeof access, NULL, 0, &echo, sizeof echo, (char *)bytes + done,
                       part, NULL);
    if (came != (int64_t)part) return -1;
    done += part;
  }
  return (int64_t)count;
}

static int64_t write_region(void *context, uint64_t offset, const void *bytes, size_t count) {
  cp_client *client = context;
  for (size_t done = 0; done < count;) {
    const size_t part = count - done < client->write_size ? count - done : client->write_size;
    wire_access access = {offset + done, MIGRATION_REGION, (uint32_t)part}, echo;
    if (ask(client, REGION_WRITE, &access, sizeof access, (const char *)bytes + done, part, &echo, sizeof echo, NULL, 0,
            NULL) != 0)
      return -1;
    done += part;
  }
  return (int64_t)count;
}

static int64_t read_stream(void *context, void *bytes, size_t count) {
  cp_client *client = context;
  const size_t part = count < client->read_size ? count : client->read_size;
  wire_data wanted = {(uint32_t)(sizeof wanted + part), (uint32_t)part}, got;
  int64_t came = ask(client, DATA_READ, &wanted, sizeof wanted, NULL, 0, &got, sizeof got, bytes, part, NULL);
  return came < 0 || got.size > (size_t)came ? -1 : (int64_t)got.size;
}

static int64_t write_stream(void *context, const void *bytes, size_t count) {
  cp_client *client = context;
  const size_t part = count < client->write_size ? count : client->write_size;
  wire_data moved = {(uint32_t)(sizeof moved + part), (uint32_t)part};
  return ask(client, DATA_WRITE, &moved, sizeof moved, bytes, part, NULL, 0, NULL, 0, NULL) == 0 ? (int64_t)part : -1;
}

static bool map_window(cp_client *client) {
  uint32_t asked[8] = {80, 0, MIGRATION_REGION};
  uint8_t info[80];
  int descriptor = -1;
  if (ask(client, REGION_INFO, asked, sizeof asked, NULL, 0, info, sizeof info, NULL, 0, &descriptor) != 0) return false;
  uint64_t offset, size;
  memcpy(&offset, info + 64, sizeof offset);
  memcpy(&size, info + 72, sizeof size);
  client->mapped = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, (off_t)offset);
  close(descriptor);
  if (client->mapped == MAP_FAILED) return false;
  client->mapped_size = size;
  client->calls.window = client->mapped;
  client->calls.window_offset = offset;
  return true;
}

bool cp_open(cp_client *client, const char *path, bool mapped, size_t read_size, size_t write_size) {
  *client = (cp_client){.socket = dial(path), .read_size = read_size, .write_size = write_size, .next_id = 1};
  if (client->socket < 0) return false;
  client->calls = (cl_device){.device = client, .read = read_region, .write = write_region, .read_stream = read_stream,
                              .write_stream = write_stream};
  uint16_t version[2] = {0, 2}, agreed[2];
  if (ask(client, VERSION, version, sizeof version, NULL, 0, agreed, sizeof agreed, NULL, 0, NULL) != 0) return false;
  return !mapped || map_window(client);
}

void cp_close(cp_client *client) {
  if (client->mapped_size > 0) munmap(client->mapped, client->mapped_size);
  if (client->socket >= 0) close(client->socket);
}

bool cp_set_state(cp_client *client, uint32_t state) {
  const uint32_t asked[4] = {16, 1 << 17 | 2, state, UINT32_MAX};
  uint32_t echo[4];
  return ask(client, FEATURE, asked, sizeof asked, NULL, 0, echo, sizeof echo, NULL, 0, NULL) == 0;
}

bool cp_ping(const char *path, size_t count, double *seconds) {
  int number = dial(path);
  if (number < 0) return false;
  uint8_t question[16] = {0}, reply[40];
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  bool is_good = true;
  for (size_t round = 0; round < count && is_good; round++)
    is_good = wire_send(number, (wire_header){0}, question, sizeof question, NULL, 0, -1)
        && wire_receive(number, reply, 16, NULL) && wire_receive(number, reply + 16, 24, NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  *seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
  close(number);
  return is_good;
}
