/*
 * hold CDEV: binds a VFIO character device to an iommufd and keeps it until it is killed, so that the
 * checks can see what a second user of the device is told. Prints "held" when it has it.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	int device;

	if (argc != 2)
		return 2;
	device = open(argv[1], O_RDWR);
	bind.iommufd = open("/dev/iommu", O_RDWR);
	if (device < 0 || bind.iommufd < 0 || ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind)) {
		perror(argv[1]);
		return 1;
	}
	puts("held");
	fflush(stdout);
	pause();
	return 0;
}
