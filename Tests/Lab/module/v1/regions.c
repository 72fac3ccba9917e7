// SPDX-License-Identifier: GPL-2.0-only
/*
 * The migration region: its registers are in registers.c, behind them is the window, which can be
 * mapped.
 */

#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "v1.h"

/*
 * What is there of the window from this offset of the region on, or NULL; not more than *count
 * bytes.
 */
static void *v1_window_at(struct v1_device *dev, u64 offset, size_t *count)
{
	u64 start = offset - V1_DATA_OFFSET;

	if (offset < V1_DATA_OFFSET || start >= v1_window_size)
		return NULL;
	*count = min_t(u64, *count, v1_window_size - start);
	return dev->window + start;
}

static ssize_t v1_window_to_user(struct v1_device *dev, char __user *buf, size_t count, u64 offset)
{
	void *from = v1_window_at(dev, offset, &count);

	if (!from)
		return -EINVAL;
	return copy_to_user(buf, from, count) ? -EFAULT : count;
}

/* Outside of _RESUMING the data is the device's own, and what is written is dropped. */
static ssize_t v1_window_from_user(struct v1_device *dev, const char __user *buf, size_t count,
				   u64 offset)
{
	void *to = v1_window_at(dev, offset, &count);

	if (!to)
		return -EINVAL;
	if (dev->state == VFIO_DEVICE_STATE_V1_RESUMING && copy_from_user(to, buf, count))
		return -EFAULT;
	return count;
}

ssize_t v1_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct v1_device *dev = to_v1(vdev);
	u64 offset = *ppos & VS_OFFSET_MASK;
	ssize_t done;

	if (*ppos >> VS_INDEX_SHIFT != V1_MIGRATION_INDEX)
		return vs_read(vdev, buf, count, ppos);

	mutex_lock(&dev->vs.lock);
	done = offset < V1_DATA_OFFSET ? v1_register_to_user(dev, buf, count, offset) :
					 v1_window_to_user(dev, buf, count, offset);
	mutex_unlock(&dev->vs.lock);
	if (done > 0)
		*ppos += done;
	return done;
}

ssize_t v1_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos)
{
	struct v1_device *dev = to_v1(vdev);
	u64 offset = *ppos & VS_OFFSET_MASK;
	ssize_t done;

	if (*ppos >> VS_INDEX_SHIFT != V1_MIGRATION_INDEX)
		return vs_write(vdev, buf, count, ppos);

	mutex_lock(&dev->vs.lock);
	done = offset < V1_DATA_OFFSET ? v1_register_from_user(dev, buf, count, offset) :
					 v1_window_from_user(dev, buf, count, offset);
	mutex_unlock(&dev->vs.lock);
	if (done > 0)
		*ppos += done;
	return done;
}

int v1_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	u64 position = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 offset = position & VS_OFFSET_MASK;

	if (position >> VS_INDEX_SHIFT != V1_MIGRATION_INDEX || offset < V1_DATA_OFFSET)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	return remap_vmalloc_range(vma, to_v1(vdev)->window,
				   (offset - V1_DATA_OFFSET) >> PAGE_SHIFT);
}
