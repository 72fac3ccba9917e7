#include "CVFIO.h"

#include <sys/sysmacros.h>

int cv_ioctl(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }

int cv_ioctl_number(int fd, unsigned long request, unsigned long argument) { return ioctl(fd, request, argument); }

uint32_t cv_major(uint64_t number) { return major(number); }

uint32_t cv_minor(uint64_t number) { return minor(number); }
