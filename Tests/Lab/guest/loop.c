/*
 * loop CDEV message|map|stream FILE: saves a device's data to a file with the loop in plain C that the
 * benchmarks compare with (Tests/Benchmarks/CLoop), and prints its MiB a second. Of a v1 device by
 * messages or by the map, of a v2 device by its stream.
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

/* As much as vfioscope asks for at once. */
#define STREAM_READ (1 << 20)

struct target {
	int fd;
	uint64_t region;
	int data_fd;
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

static int64_t read_stream(void *device, void *bytes, size_t count)
{
	struct target *target = device;

	return read(target->data_fd, bytes, count);
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

/* With a data fd where the state begins a session. */
static void set_mig_state(struct target *target, uint32_t state)
{
	struct {
		struct vfio_device_feature head;
		struct vfio_device_feature_mig_state state;
	} call = { .head = { sizeof(call), VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE },
		   .state = { state, -1 } };

	if (ioctl(target->fd, VFIO_DEVICE_FEATURE, &call))
		fail("MIG_DEVICE_STATE");
	target->data_fd = call.state.data_fd;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

static int64_t save_v1(struct target *target, const char *access, int file, double *took)
{
	struct vfio_region_info info = migration_region(target->fd);
	cl_device device = { .device = target, .read = read_region, .write = write_region };
	const uint64_t page = 4096;
	size_t size = info.size - page;
	void *buffer = malloc(size);
	int64_t bytes;

	target->region = info.offset;
	if (!strcmp(access, "map")) {
		device.window = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, target->fd, info.offset + page);
		device.window_offset = page;
		if (device.window == MAP_FAILED)
			fail("mmap");
	}
	set_state(target, VFIO_DEVICE_STATE_V1_SAVING);
	*took = -seconds();
	bytes = cl_save_v1(&device, file, buffer, size);
	*took += seconds();
	set_state(target, VFIO_DEVICE_STATE_V1_RUNNING);
	return bytes;
}

static int64_t save_v2(struct target *target, int file, double *took)
{
	cl_device device = { .device = target, .read_stream = read_stream };
	void *buffer = malloc(STREAM_READ);
	int64_t bytes;

	set_mig_state(target, VFIO_DEVICE_STATE_STOP_COPY);
	*took = -seconds();
	bytes = cl_save_v2(&device, file, buffer, STREAM_READ);
	*took += seconds();
	set_mig_state(target, VFIO_DEVICE_STATE_RUNNING);
	return bytes;
}

int main(int argc, char **argv)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct target target;
	int64_t bytes;
	double took;
	int file;

	if (argc != 4)
		return 2;
	target.fd = open(argv[1], O_RDWR);
	bind.iommufd = open("/dev/iommu", O_RDWR);
	if (target.fd < 0 || bind.iommufd < 0 || ioctl(target.fd, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		fail(argv[1]);
	file = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (file < 0)
		fail(argv[3]);
	bytes = strcmp(argv[2], "stream") ? save_v1(&target, argv[2], file, &took) : save_v2(&target, file, &took);
	if (bytes <= 0)
		fail("the loop");
	printf("%.0f\n", bytes / took / (1 << 20));
	return 0;
}
