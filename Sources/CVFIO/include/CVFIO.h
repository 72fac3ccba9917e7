/* The kernel's VFIO and iommufd structures and numbers.
 *
 * They are declared here and not taken from <linux/vfio.h>: the headers of Debian 12 are those of Linux 6.1, which know
 * neither the pre-copy states nor the device nodes of iommufd. Names follow the kernel's, with cv_ and CV_ in front.
 * Sizes and offsets are the kernel's binary interface; VFIOTests compares them with the document.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "VFIOUser.h"

/* ---- ioctl numbers: _IO(';', 100 + n) for VFIO, _IO(';', 0x80 + n) for iommufd ------------------------------------
 * Written with _IO because its direction bit differs between architectures; as constants because macros with arguments
 * are not imported into Swift. */
#define CV_VFIO(n) _IO(';', 100 + (n))
#define CV_IOMMUFD(n) _IO(';', 0x80 + (n))

/* on a container */
static const unsigned long CV_GET_API_VERSION = CV_VFIO(0);
static const unsigned long CV_CHECK_EXTENSION = CV_VFIO(1);
static const unsigned long CV_SET_IOMMU = CV_VFIO(2);
static const unsigned long CV_IOMMU_GET_INFO = CV_VFIO(12);
static const unsigned long CV_IOMMU_MAP_DMA = CV_VFIO(13);
static const unsigned long CV_IOMMU_UNMAP_DMA = CV_VFIO(14);
static const unsigned long CV_IOMMU_DIRTY_PAGES = CV_VFIO(17); /* DEVICE_FEATURE on a device has the same number */
/* on a group */
static const unsigned long CV_GROUP_GET_STATUS = CV_VFIO(3);
static const unsigned long CV_GROUP_SET_CONTAINER = CV_VFIO(4);
static const unsigned long CV_GROUP_GET_DEVICE_FD = CV_VFIO(6);
/* on a device */
static const unsigned long CV_DEVICE_GET_INFO = CV_VFIO(7);
static const unsigned long CV_DEVICE_GET_REGION_INFO = CV_VFIO(8);
static const unsigned long CV_DEVICE_RESET = CV_VFIO(11);
static const unsigned long CV_DEVICE_FEATURE = CV_VFIO(17); /* DIRTY_PAGES on a container has the same number */
static const unsigned long CV_DEVICE_BIND_IOMMUFD = CV_VFIO(18);
static const unsigned long CV_DEVICE_ATTACH_IOMMUFD_PT = CV_VFIO(19);
/* on a data fd */
static const unsigned long CV_MIG_GET_PRECOPY_INFO = CV_VFIO(21);
/* on an iommufd */
static const unsigned long CV_IOAS_ALLOC = CV_IOMMUFD(1);
static const unsigned long CV_IOAS_IOVA_RANGES = CV_IOMMUFD(4);
static const unsigned long CV_IOAS_MAP = CV_IOMMUFD(5);
static const unsigned long CV_IOAS_UNMAP = CV_IOMMUFD(6);

enum {
  CV_API_VERSION = 0,
  CV_TYPE1_IOMMU = 1,
  CV_TYPE1V2_IOMMU = 3,
  CV_NOIOMMU_IOMMU = 8,
  CV_GROUP_FLAGS_VIABLE = 1 << 0,
  CV_IOMMU_INFO_PGSIZES = 1 << 0,
  CV_IOMMU_INFO_CAPS = 1 << 1,
  CV_IOMMU_INFO_CAP_MIGRATION = 2,
  CV_DMA_MAP_FLAG_READ = 1 << 0,
  CV_DMA_MAP_FLAG_WRITE = 1 << 1,
  CV_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP = 1 << 0,
  CV_DIRTY_PAGES_FLAG_START = 1 << 0,
  CV_DIRTY_PAGES_FLAG_STOP = 1 << 1,
  CV_DIRTY_PAGES_FLAG_GET_BITMAP = 1 << 2,
  CV_IOAS_MAP_FIXED_IOVA = 1 << 0,
  CV_IOAS_MAP_WRITEABLE = 1 << 1,
  CV_IOAS_MAP_READABLE = 1 << 2,
};

struct cv_group_status {
  uint32_t argsz;
  uint32_t flags;
};

struct cv_device_info {
  uint32_t argsz;
  uint32_t flags;
  uint32_t num_regions;
  uint32_t num_irqs;
  uint32_t cap_offset;
  uint32_t pad;
};

struct cv_region_info {
  uint32_t argsz;
  uint32_t flags;
  uint32_t index;
  uint32_t cap_offset;
  uint64_t size;
  uint64_t offset;
};

struct cv_cap_header {
  uint16_t id;
  uint16_t version;
  uint32_t next;
};

struct cv_region_cap_type {
  struct cv_cap_header header;
  uint32_t type;
  uint32_t subtype;
};

struct cv_region_sparse_mmap_area {
  uint64_t offset;
  uint64_t size;
};

/* The fixed part of the sparse mmap capability; nr_areas areas follow it. */
struct cv_region_cap_sparse_mmap {
  struct cv_cap_header header;
  uint32_t nr_areas;
  uint32_t reserved;
};

/* The first bytes of the migration region, protocol v1. */
struct cv_device_migration_info {
  uint32_t device_state;
  uint32_t reserved;
  uint64_t pending_bytes;
  uint64_t data_offset;
  uint64_t data_size;
};

/* The fixed part of VFIO_DEVICE_FEATURE; the feature's own data follow it. */
struct cv_device_feature {
  uint32_t argsz;
  uint32_t flags;
};

struct cv_device_feature_migration {
  uint64_t flags;
};

struct cv_device_feature_mig_state {
  uint32_t device_state;
  int32_t data_fd;
};

struct cv_device_feature_mig_data_size {
  uint64_t stop_copy_length;
};

struct cv_dma_logging_range {
  uint64_t iova;
  uint64_t length;
};

/* Feature DMA_LOGGING_START with its header. ranges is the address of num_ranges ranges; page_size comes back. */
struct cv_dma_logging_start {
  struct cv_device_feature feature;
  uint64_t page_size;
  uint32_t num_ranges;
  uint32_t reserved;
  uint64_t ranges;
};

/* Feature DMA_LOGGING_REPORT with its header. bitmap is an address. */
struct cv_dma_logging_report {
  struct cv_device_feature feature;
  uint64_t iova;
  uint64_t length;
  uint64_t page_size;
  uint64_t bitmap;
};

struct cv_precopy_info {
  uint32_t argsz;
  uint32_t flags;
  uint64_t initial_bytes;
  uint64_t dirty_bytes;
};

/* VFIO_DEVICE_BIND_IOMMUFD as every kernel with device nodes takes it; newer ones know a longer form too. */
struct cv_device_bind_iommufd {
  uint32_t argsz;
  uint32_t flags;
  int32_t iommufd;
  uint32_t out_devid;
};

struct cv_device_attach_iommufd_pt {
  uint32_t argsz;
  uint32_t flags;
  uint32_t pt_id;
};

/* ---- the address space of a container ---- */

struct cv_iommu_info {
  uint32_t argsz;
  uint32_t flags;
  uint64_t iova_pgsizes;
  uint32_t cap_offset;
  uint32_t pad;
};

struct cv_iommu_cap_migration {
  struct cv_cap_header header;
  uint32_t flags;
  uint64_t pgsize_bitmap;
  uint64_t max_dirty_bitmap_size;
};

struct cv_iommu_dma_map {
  uint32_t argsz;
  uint32_t flags;
  uint64_t vaddr;
  uint64_t iova;
  uint64_t size;
};

/* size is in bytes; data is the address of the bits. */
struct cv_bitmap {
  uint64_t pgsize;
  uint64_t size;
  uint64_t data;
};

/* VFIO_IOMMU_UNMAP_DMA with room for a bitmap, which is read only with GET_DIRTY_BITMAP. */
struct cv_iommu_dma_unmap {
  uint32_t argsz;
  uint32_t flags;
  uint64_t iova;
  uint64_t size;
  struct cv_bitmap bitmap;
};

/* VFIO_IOMMU_DIRTY_PAGES with room for what GET_BITMAP asks; START and STOP end after flags. */
struct cv_iommu_dirty_pages {
  uint32_t argsz;
  uint32_t flags;
  uint64_t iova;
  uint64_t size;
  struct cv_bitmap bitmap;
};

/* ---- the address space of an iommufd ---- */

struct cv_ioas_alloc {
  uint32_t size;
  uint32_t flags;
  uint32_t out_ioas_id;
};

struct cv_ioas_iova_ranges {
  uint32_t size;
  uint32_t ioas_id;
  uint32_t num_iovas;
  uint32_t reserved;
  uint64_t allowed_iovas;
  uint64_t out_iova_alignment;
};

struct cv_ioas_map {
  uint32_t size;
  uint32_t flags;
  uint32_t ioas_id;
  uint32_t reserved;
  uint64_t user_va;
  uint64_t length;
  uint64_t iova;
};

struct cv_ioas_unmap {
  uint32_t size;
  uint32_t ioas_id;
  uint64_t iova;
  uint64_t length;
};

/* ioctl() with its third argument as a pointer or as a number: Swift can't call variadic functions.
 * One call is one call: EINTR is an answer like any other, since a repeated SET or RESET would be another request.
 * Returns what ioctl() returns; errno is set as usual. */
int cv_ioctl(int fd, unsigned long request, void *argument);
/* The halves of a device number: major() and minor() are macros. */
uint32_t cv_major(uint64_t number);
uint32_t cv_minor(uint64_t number);
int cv_ioctl_number(int fd, unsigned long request, unsigned long argument);

/* memcpy() from or to memory that a device or another process can take away. Touching it then raises SIGBUS, which a
 * handler catches that is there from the first call on; a SIGBUS from elsewhere goes on to the handler before it.
 * Returns 0, or -1 with errno EIO, which is what a driver answers a read of memory that does not respond. */
int cv_copy_mapped(void *target, const void *source, size_t count);

/* Runs body(context) on a thread of its own that only gets the time nobody else wants (SCHED_IDLE), and takes no
 * signals. Returns 0, or -1 when there can be no such thread. */
int cv_run_idle(void (*body)(void *), void *context);
