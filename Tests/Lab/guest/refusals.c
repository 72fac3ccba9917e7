/*
 * refusals GROUP DEVICE: what this kernel answers to calls about dirty pages, right ones and wrong ones, as a line
 * `CALL: ERRNO` each. The simulator has to answer the same; checks/65-dirty.sh says what is expected.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define PAGE 4096ULL
#define IOVA 0x100000ULL
#define PAGES 4ULL
#define FULL (PAGES * PAGE)

static int container, group, device;
static __u64 bits[4];

static void tell(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "ok");
}

static int dirty_pages(__u32 flags, __u64 iova, __u64 size, __u64 page_size, __u64 bytes)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} call = { .head = { sizeof(call), flags }, .get = { iova, size, { page_size, bytes, bits } } };

	return ioctl(container, VFIO_IOMMU_DIRTY_PAGES, &call);
}

static int unmap(__u32 flags, __u64 iova, __u64 size)
{
	struct {
		struct vfio_iommu_type1_dma_unmap head;
		struct vfio_bitmap bitmap;
	} call = { .head = { sizeof(call), flags, iova, size }, .bitmap = { PAGE, 8, bits } };

	return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &call);
}

static void ask_container(void)
{
	const __u32 start = VFIO_IOMMU_DIRTY_PAGES_FLAG_START, stop = VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
	const __u32 get = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
	const __u32 with_bitmap = VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;

	tell("GET before START", dirty_pages(get, IOVA, FULL, PAGE, 8));
	tell("UNMAP with bitmap before START", unmap(with_bitmap, IOVA, FULL));
	tell("START and STOP at once", dirty_pages(start | stop, 0, 0, 0, 0));
	tell("an unknown flag", dirty_pages(8, 0, 0, 0, 0));
	tell("START", dirty_pages(start, 0, 0, 0, 0));
	tell("START again", dirty_pages(start, 0, 0, 0, 0));
	tell("GET", dirty_pages(get, IOVA, FULL, PAGE, 8));
	tell("GET of half a mapping", dirty_pages(get, IOVA, FULL / 2, PAGE, 8));
	tell("GET by larger pages", dirty_pages(get, IOVA, FULL, 2 * PAGE, 8));
	tell("GET not aligned", dirty_pages(get, IOVA + 8, FULL, PAGE, 8));
	tell("GET of nothing", dirty_pages(get, IOVA, 0, PAGE, 8));
	tell("GET beyond the last address", dirty_pages(get, -PAGE, 2 * PAGE, PAGE, 8));
	tell("GET into too few bytes", dirty_pages(get, IOVA, FULL, PAGE, 4));
	tell("UNMAP of half a mapping", unmap(with_bitmap, IOVA, FULL / 2));
	tell("UNMAP of all with bitmap", unmap(with_bitmap | VFIO_DMA_UNMAP_FLAG_ALL, 0, 0));
	tell("UNMAP with bitmap", unmap(with_bitmap, IOVA, FULL));
	tell("STOP", dirty_pages(stop, 0, 0, 0, 0));
	tell("STOP again", dirty_pages(stop, 0, 0, 0, 0));
}

static int start_logging(__u32 count, __u64 iova, __u64 length, __u64 step)
{
	static struct vfio_device_feature_dma_logging_range ranges[257];
	struct {
		struct vfio_device_feature head;
		struct vfio_device_feature_dma_logging_control control;
	} call = { .head = { sizeof(call), VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START },
		   .control = { PAGE, count, 0, (__u64)ranges } };

	for (__u32 i = 0; i < count; i++) {
		ranges[i].iova = iova + i * step;
		ranges[i].length = length;
	}
	return ioctl(device, VFIO_DEVICE_FEATURE, &call);
}

static int report(__u64 iova, __u64 length, __u64 page_size)
{
	struct {
		struct vfio_device_feature head;
		struct vfio_device_feature_dma_logging_report report;
	} call = { .head = { sizeof(call), VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT },
		   .report = { iova, length, page_size, (__u64)bits } };

	return ioctl(device, VFIO_DEVICE_FEATURE, &call);
}

static void ask_device(void)
{
	struct vfio_device_feature stop = { sizeof(stop),
					    VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP };

	tell("START of no range", start_logging(0, 0, 0, 0));
	tell("START of 257 ranges", start_logging(257, 0, PAGE, PAGE));
	tell("START not aligned", start_logging(1, 8, PAGE, 0));
	tell("START beyond the last address", start_logging(1, -PAGE, 2 * PAGE, 0));
	tell("START of ranges that overlap", start_logging(2, 0, 2 * PAGE, PAGE));
	tell("START of 256 ranges", start_logging(256, 0, PAGE, PAGE));
	memset(bits, 0xaa, sizeof(bits));
	tell("REPORT", report(0, FULL, PAGE));
	printf("REPORT takes no bit away: %s\n", bits[0] == 0xaaaaaaaaaaaaaaaaULL ? "ok" : "it does");
	tell("REPORT by pages of 512", report(0, FULL, 512));
	tell("REPORT by pages of 3000", report(0, FULL, 3000));
	tell("REPORT beyond the last address", report(-PAGE, 2 * PAGE, PAGE));
	tell("STOP", ioctl(device, VFIO_DEVICE_FEATURE, &stop));
}

int main(int argc, char **argv)
{
	struct vfio_iommu_type1_dma_map map = { .argsz = sizeof(map), .flags = 3, .iova = IOVA, .size = FULL };

	if (argc != 3)
		return 2;
	map.vaddr = (__u64)mmap(NULL, FULL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	container = open("/dev/vfio/vfio", O_RDWR);
	group = open(argv[1], O_RDWR);
	if (group < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) ||
	    (device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, argv[2])) < 0 ||
	    ioctl(container, VFIO_IOMMU_MAP_DMA, &map)) {
		perror(argv[2]);
		return 1;
	}
	puts("container");
	ask_container();
	puts("device");
	ask_device();
	return 0;
}
