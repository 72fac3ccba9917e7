#ifndef CPAIR_H
#define CPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CLoop.h"

// A vfio-user client and a server in plain C, as far as a device's data go: the yardstick of the benchmark. Each message
// is one sendmsg(2), and one recvmsg(2) each for header and payload; nothing is allocated for one, every result is looked at.

/// What the server serves.
typedef struct {
  /// The calls of the device. `write` of 4 bytes at 0 changes the state of v1.
  cl_device calls;
  /// Changes the state of v2; -1 when it can't.
  int (*set_state)(void *device, uint32_t state);
  /// The mapped window of v1 as a descriptor, -1 when there is none, and where it lies in it.
  int window;
  uint64_t window_offset, window_size;
} cp_served;

/// Listens at `path`; -1 with errno.
int cp_listen(const char *path);
/// Serves whoever connects, one after the other, for ever; returns -1 when that is not possible any more.
int cp_serve(int listener, const cp_served *served);
/// Answers messages of 32 bytes with messages of 40 bytes, for ever: what sendmsg and recvmsg alone cost.
int cp_echo(int listener);

/// A connection to a server.
typedef struct {
  int socket;
  /// The most bytes of data in one message, read and written.
  size_t read_size, write_size;
  uint16_t next_id;
  cl_device calls;
  /// What is mapped, for v1.
  void *mapped;
  size_t mapped_size;
} cp_client;

/// Connects and agrees on a version; with `mapped`, asks for the window and maps it. False when that fails.
bool cp_open(cp_client *client, const char *path, bool mapped, size_t read_size, size_t write_size);
void cp_close(cp_client *client);
/// DEVICE_FEATURE SET MIG_DEVICE_STATE.
bool cp_set_state(cp_client *client, uint32_t state);
/// `count` round trips of 32 and 40 bytes with cp_echo. False when one fails.
bool cp_ping(const char *path, size_t count, double *seconds);

/// Lets a process (0: this thread) run on one processor alone. False when there is no such one.
bool cp_run_on(int process, int processor);

#endif
