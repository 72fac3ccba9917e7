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

static long v1_get_region_info(struct v1_device *dev, void __user *arg)
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
	info.offset = (u64)info.index << VS_INDEX_SHIFT;
	info.size = info.index == V1_MIGRATION_INDEX ? V1_DATA_OFFSET + v1_window_size :
						       vs_region_size(&dev->vs, info.index);
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

long v1_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct v1_device *dev = to_v1(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vs_get_info(&dev->vs, (void __user *)arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return v1_get_region_info(dev, (void __user *)arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vs_get_irq_info((void __user *)arg);
	case VFIO_DEVICE_RESET:
		mutex_lock(&dev->vs.lock);
		v1_reset(dev);
		vs_dma_forget(&dev->vs);
		mutex_unlock(&dev->vs.lock);
		return 0;
	default:
		return -ENOTTY;
	}
}
