#ifndef CLOOP_H
#define CLOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a client in plain C does with a device's data, with nothing around it: the yardstick of the benchmark. It makes
// the accesses that linux/vfio.h asks for, one write(2) or read(2) a chunk, and looks at every result.

/// The calls of one device. Each gives the number of bytes moved, or -1.
typedef struct {
  /// Handed to each call.
  void *device;
  /// pread and pwrite in the migration region (v1).
  int64_t (*read)(void *device, uint64_t offset, void *bytes, size_t count);
  int64_t (*write)(void *device, uint64_t offset, const void *bytes, size_t count);
  /// read and write of the data fd (v2).
  int64_t (*read_stream)(void *device, void *bytes, size_t count);
  int64_t (*write_stream)(void *device, const void *bytes, size_t count);
  /// The mapped window and where it lies in the region; NULL when reads and writes are to be used.
  uint8_t *window;
  uint64_t window_offset;
} cl_device;

/// Takes a v1 device's data to the descriptor, a chunk at a time, by way of `buffer`; -1 writes nothing.
///
/// Gives the bytes in all, or -1 when the device, the descriptor or the size of the buffer does not allow it.
int64_t cl_save_v1(const cl_device *device, int descriptor, void *buffer, size_t size);

/// The same from a v2 device's data fd, `size` bytes at a time.
int64_t cl_save_v2(const cl_device *device, int descriptor, void *buffer, size_t size);

/// Gives a v1 device the descriptor's bytes in chunks of `chunk` bytes, as they were saved.
int64_t cl_load_v1(const cl_device *device, int descriptor, void *buffer, size_t chunk);

/// The same to a v2 device's data fd, `size` bytes at a time.
int64_t cl_load_v2(const cl_device *device, int descriptor, void *buffer, size_t size);

#endif
