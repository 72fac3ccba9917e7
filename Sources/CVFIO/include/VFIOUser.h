/* The messages of vfio-user as they stand in its document (libvfio-user's docs/vfio-user.rst 0.9.1 and 0.9.2, since 2025
 * QEMU's docs/interop/vfio-user.rst), and the socket calls that Swift can't make. Names follow the document's, with cu_
 * in front. All numbers are in the byte order of the machine: both ends are on one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Before every message. */
struct cu_header {
  uint16_t message_id;
  uint16_t command;
  uint32_t message_size; /* these 16 bytes included */
  uint32_t flags;
  uint32_t error_number;
};

/* VERSION, both ways; a JSON text with a 0 at its end may follow. */
struct cu_version {
  uint16_t major;
  uint16_t minor;
};

struct cu_dma_map {
  uint32_t argsz;
  uint32_t flags;
  uint64_t offset;
  uint64_t address;
  uint64_t size;
};

struct cu_dma_unmap {
  uint32_t argsz;
  uint32_t flags;
  uint64_t address;
  uint64_t size;
};

/* Behind cu_dma_unmap when the dirty pages are asked for (0.9.1). */
struct cu_bitmap {
  uint64_t pgsize;
  uint64_t size;
};

struct cu_irq_info {
  uint32_t argsz;
  uint32_t flags;
  uint32_t index;
  uint32_t count;
};

/* SET_IRQS; descriptors or bytes belong to it. */
struct cu_irq_set {
  uint32_t argsz;
  uint32_t flags;
  uint32_t index;
  uint32_t start;
  uint32_t count;
};

/* REGION_READ and REGION_WRITE, both ways; data follow. */
struct cu_region_access {
  uint64_t offset;
  uint32_t region;
  uint32_t count;
};

/* One write of REGION_WRITE_MULTI; their number stands before them, as a u64. */
struct cu_region_write {
  struct cu_region_access access;
  uint8_t data[8];
};

/* DMA_READ and DMA_WRITE, which the server sends; data follow. */
struct cu_dma_access {
  uint64_t address;
  uint64_t count;
};

/* DIRTY_PAGES (0.9.1); for GET_BITMAP a cu_bitmap_range follows. */
struct cu_dirty_pages {
  uint32_t argsz;
  uint32_t flags;
};

struct cu_bitmap_range {
  uint64_t iova;
  uint64_t size;
  struct cu_bitmap bitmap;
};

/* MIG_DATA_READ and MIG_DATA_WRITE (0.9.2); data follow. */
struct cu_mig_data {
  uint32_t argsz;
  uint32_t size;
};

/* DMA_LOGGING_START in DEVICE_FEATURE: the ranges follow in the message. */
struct cu_logging_control {
  uint64_t page_size;
  uint32_t num_ranges;
  uint32_t reserved;
};

/* DMA_LOGGING_REPORT in DEVICE_FEATURE: in the reply the bitmap follows. */
struct cu_logging_report {
  uint64_t iova;
  uint64_t length;
  uint64_t page_size;
};

/* The longest path that a socket can have; the 0 at its end is not counted. */
enum { CU_PATH_MAX = 107 };

/* A stream socket connected to the one at `path`; EAGAIN means that the other side's queue of callers is full. Or one
 * that listens there, which does not block. Returns the descriptor, or -1 with errno. */
int cu_connect(const char *path);
int cu_listen(const char *path, int backlog);
/* The next caller, or -1 with errno. Does not block. */
int cu_accept(int listener);
/* Lets one call of cu_receive wait for so long at most; 0 for ever. */
void cu_limit_waits(int socket, long milliseconds);

/* A file in memory of `size` bytes, all 0, that can be mapped and passed on; -1 with errno when there can be none. */
int cu_memory(size_t size);

/* Makes these bytes of such memory 0 again; they take no room until they are written. 0, or -1 with errno. */
int cu_memory_clear(int memory, off_t start, off_t size);

/* One sendmsg() of all parts, with descriptors: what belongs together leaves in one piece, because servers read the 16
 * bytes of the header with one call and hang up when fewer come. Never raises SIGPIPE, never waits. Returns the bytes
 * taken, or -1 with errno. */
ptrdiff_t cu_send(int socket, const struct iovec *parts, size_t part_count, const int *descriptors,
                  size_t descriptor_count);

/* One recvmsg(), which waits only if `waits` says so. `descriptor_count` says for how many there is room, and afterwards how many came; the
 * kernel closes those for which there was none. Returns the bytes that came, 0 at the end, or -1 with errno. */
ptrdiff_t cu_receive(int socket, void *buffer, size_t count, int *descriptors, size_t *descriptor_count, bool waits);

/* The most descriptors that one call sends or takes. */
enum { CU_DESCRIPTORS_MAX = 64 };
