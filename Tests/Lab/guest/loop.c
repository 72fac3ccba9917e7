/*
 * loop CDEV message|map FILE: saves a v1 device's data to a file with the loop in plain C that the
 * benchmarks compare with (Tests/Benchmarks/CLoop), and prints its MiB a second.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "CLoop.h"

struct target {
	int fd;
	uint64_t region;
};

static int64_t read_region(void *device, uint64_t offset, void *bytes, size_t count)
{
	struct target *target = device;

	return pread(target->fd, bytes, count, target->region + offset);
}

static int64_t write_region(void *device, uint64_t offset, const void *bytes, size_t count)
{
	struct target *target = device;

	return pwrite(target->fd, bytes, count, target->region + offset);
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* The module has its migration region behind those of PCI. */
static struct vfio_region_info migration_region(int fd)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = VFIO_PCI_NUM_REGIONS };

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		fail("GET_REGION_INFO");
	return info;
}

static void set_state(struct target *target, uint32_t state)
{
	if (write_region(target, 0, &state, sizeof(state)) != sizeof(state))
		fail("device_state");
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct target target;
	struct vfio_region_info info;
	cl_device device = { .device = &target, .read = read_region, .write = write_region };
	const uint64_t page = 4096;
	int64_t bytes;
	double start;
	size_t size;
	int file;

	if (argc != 4)
		return 2;
	target.fd = open(argv[1], O_RDWR);
	bind.iommufd = open("/dev/iommu", O_RDWR);
	if (target.fd < 0 || bind.iommufd < 0 || ioctl(target.fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		fail(argv[1]);
	info = migration_region(target.fd);
	target.region = info.offset;
	size = info.size - page;
	if (!strcmp(argv[2], "map")) {
		device.window = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, target.fd, info.offset + page);
		device.window_offset = page;
		if (device.window == MAP_FAILED)
			fail("mmap");
	}
	file = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (file < 0)
		fail(argv[3]);
	set_state(&target, VFIO_DEVICE_STATE_V1_SAVING);
	start = seconds();
	bytes = cl_save_v1(&device, file, malloc(size), size);
	start = seconds() - start;
	set_state(&target, VFIO_DEVICE_STATE_V1_RUNNING);
	if (bytes <= 0)
		fail("the loop");
	printf("%.0f\n", bytes / start / (1 << 20));
	return 0;
}
