// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls: what the device is made of, and its reset. */

#include <linux/slab.h>
#include <linux/uaccess.h>

#include "v1.h"

/* The capabilities by which a client finds the migration region and what it may map of it. */
static int v1_add_caps(struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_type type = {
		.header.id = VFIO_REGION_INFO_CAP_TYPE,
		.header.version = 1,
		.type = VFIO_REGION_TYPE_MIGRATION_DEPRECATED,
		.subtype = VFIO_REGION_SUBTYPE_MIGRATION_DEPRECATED,
	};
	DEFINE_RAW_FLEX(struct vfio_region_info_cap_sparse_mmap, sparse, areas, 1);
	int ret;

	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = 1;
	sparse->areas[0].offset = V1_DATA_OFFSET;
	sparse->areas[0].size = v1_window_size;

	ret = vfio_info_add_capability(caps, &type.header, sizeof(type));
	if (ret)
		return ret;
	return vfio_info_add_capability(caps, &sparse->header, struct_size(sparse, areas, 1));
}

static u64 v1_region_size(u32 index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return v1_memory_size;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return V1_CONFIG_SIZE;
	case V1_MIGRATION_INDEX:
		return V1_DATA_OFFSET + v1_window_size;
	default:
		return 0;
	}
}

static long v1_get_region_info(void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_info_cap caps = { };
	struct vfio_region_info info;
	long ret = 0;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= V1_NUM_REGIONS)
		return -EINVAL;

	info.cap_offset = 0;
	info.offset = (u64)info.index << V1_INDEX_SHIFT;
	info.size = v1_region_size(info.index);
	info.flags = info.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	if (info.index == V1_MIGRATION_INDEX) {
		ret = v1_add_caps(&caps);
		if (ret)
			goto out;
		info.flags |= VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS;
		if (info.argsz >= sizeof(info) + caps.size) {
			vfio_info_cap_shift(&caps, sizeof(info));
			if (copy_to_user(arg + sizeof(info), caps.buf, caps.size))
				ret = -EFAULT;
			info.cap_offset = sizeof(info);
		} else {
			info.argsz = sizeof(info) + caps.size;
		}
	}
	if (!ret && copy_to_user(arg, &info, minsz))
		ret = -EFAULT;
out:
	kfree(caps.buf);
	return ret;
}

static long v1_get_info(void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = V1_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long v1_get_irq_info(void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.flags = 0;
	info.count = 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

long v1_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct v1_device *dev = to_v1(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return v1_get_info((void __user *)arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return v1_get_region_info((void __user *)arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return v1_get_irq_info((void __user *)arg);
	case VFIO_DEVICE_RESET:
		mutex_lock(&dev->lock);
		v1_reset(dev);
		v1_dma_forget(dev);
		mutex_unlock(&dev->lock);
		return 0;
	default:
		return -ENOTTY;
	}
}
