#include <string.h>
#include <unistd.h>

#include "CLoop.h"

// Registers of struct vfio_device_migration_info.
enum { PENDING_BYTES = 8, DATA_OFFSET = 16, DATA_SIZE = 24 };

static bool get_register(const cl_device *device, uint64_t offset, uint64_t *value) {
  return device->read(device->device, offset, value, sizeof *value) == sizeof *value;
}

static bool put(int descriptor, const uint8_t *bytes, size_t count) {
  while (descriptor >= 0 && count > 0) {
    ssize_t done = write(descriptor, bytes, count);
    if (done <= 0) return false;
    bytes += done, count -= (size_t)done;
  }
  return true;
}

static bool read_window(const cl_device *device, uint64_t offset, void *bytes, size_t count) {
  if (device->window) {
    memcpy(bytes, device->window + (offset - device->window_offset), count);
    return true;
  }
  return device->read(device->device, offset, bytes, count) == (int64_t)count;
}

static bool write_window(const cl_device *device, uint64_t offset, const void *bytes, size_t count) {
  if (device->window) {
    memcpy(device->window + (offset - device->window_offset), bytes, count);
    return true;
  }
  return device->write(device->device, offset, bytes, count) == (int64_t)count;
}

int64_t cl_save_v1(const cl_device *device, int descriptor, void *buffer, size_t size) {
  for (int64_t total = 0;;) {
    uint64_t pending, offset, count;
    if (!get_register(device, PENDING_BYTES, &pending)) return -1;
    if (pending == 0) return total;
    if (!get_register(device, DATA_OFFSET, &offset) || !get_register(device, DATA_SIZE, &count)) return -1;
    if (count > size || !read_window(device, offset, buffer, count) || !put(descriptor, buffer, count)) return -1;
    total += (int64_t)count;
  }
}

int64_t cl_save_v2(const cl_device *device, int descriptor, void *buffer, size_t size) {
  for (int64_t total = 0;;) {
    int64_t count = device->read_stream(device->device, buffer, size);
    if (count == 0) return total;
    if (count < 0 || !put(descriptor, buffer, (size_t)count)) return -1;
    total += count;
  }
}

// Files give all that is asked for until their end.
int64_t cl_load_v1(const cl_device *device, int descriptor, void *buffer, size_t chunk) {
  for (int64_t total = 0;;) {
    uint64_t offset;
    ssize_t got = read(descriptor, buffer, chunk);
    if (got <= 0) return got < 0 ? -1 : total;
    const uint64_t count = (uint64_t)got;
    if (!get_register(device, DATA_OFFSET, &offset) || !write_window(device, offset, buffer, count)) return -1;
    if (device->write(device->device, DATA_SIZE, &count, sizeof count) != sizeof count) return -1;
    total += got;
  }
}

int64_t cl_load_v2(const cl_device *device, int descriptor, void *buffer, size_t size) {
  for (int64_t total = 0;;) {
    ssize_t got = read(descriptor, buffer, size);
    if (got <= 0) return got < 0 ? -1 : total;
    for (ssize_t done = 0; done < got;) {
      int64_t taken = device->write_stream(device->device, (uint8_t *)buffer + done, (size_t)(got - done));
      if (taken <= 0) return -1;
      done += (ssize_t)taken;
    }
    total += got;
  }
}
