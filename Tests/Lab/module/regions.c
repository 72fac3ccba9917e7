// SPDX-License-Identifier: GPL-2.0-only
/* Reading, writing and mapping the regions: the registers go to registers.c, the rest is memory. */

#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "v1.h"

/* Where a position of a plain region is in our memory, or NULL; *size is what follows it. */
static void *v1_plain(struct v1_device *dev, u64 index, u64 offset, size_t *size)
{
	void *start;

	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		start = dev->memory;
		*size = v1_memory_size;
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		start = dev->config;
		*size = V1_CONFIG_SIZE;
		break;
	case V1_MIGRATION_INDEX:
		start = dev->window;
		*size = v1_window_size;
		offset -= V1_DATA_OFFSET;
		break;
	default:
		return NULL;
	}
	if (offset >= *size)
		return NULL;
	*size -= offset;
	return start + offset;
}

ssize_t v1_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct v1_device *dev = to_v1(vdev);
	u64 index = *ppos >> V1_INDEX_SHIFT;
	u64 offset = *ppos & V1_OFFSET_MASK;
	ssize_t done = -EINVAL;
	size_t size;
	void *from;

	mutex_lock(&dev->lock);
	if (index == V1_MIGRATION_INDEX && offset < V1_DATA_OFFSET) {
		done = v1_register_to_user(dev, buf, count, offset);
	} else {
		v1_catch_up(dev);
		from = v1_plain(dev, index, offset, &size);
		if (from) {
			done = min(count, size);
			if (copy_to_user(buf, from, done))
				done = -EFAULT;
		}
	}
	mutex_unlock(&dev->lock);
	if (done > 0)
		*ppos += done;
	return done;
}

/* A stopped device must not change, so it drops writes to its memory; config space is constant. */
static bool v1_keeps_writes(struct v1_device *dev, u64 index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return dev->state & VFIO_DEVICE_STATE_V1_RUNNING;
	case V1_MIGRATION_INDEX:
		return dev->state == VFIO_DEVICE_STATE_V1_RESUMING;
	default:
		return false;
	}
}

ssize_t v1_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos)
{
	struct v1_device *dev = to_v1(vdev);
	u64 index = *ppos >> V1_INDEX_SHIFT;
	u64 offset = *ppos & V1_OFFSET_MASK;
	ssize_t done = -EINVAL;
	size_t size;
	void *to;

	mutex_lock(&dev->lock);
	if (index == V1_MIGRATION_INDEX && offset < V1_DATA_OFFSET) {
		done = v1_register_from_user(dev, buf, count, offset);
	} else {
		v1_catch_up(dev);
		to = v1_plain(dev, index, offset, &size);
		if (to) {
			done = min(count, size);
			if (v1_keeps_writes(dev, index) && done) {
				if (index == VFIO_PCI_BAR0_REGION_INDEX)
					v1_touch(dev, offset, done);
				if (copy_from_user(to, buf, done))
					done = -EFAULT;
			}
		}
	}
	mutex_unlock(&dev->lock);
	if (done > 0)
		*ppos += done;
	return done;
}

int v1_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	u64 position = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 offset = position & V1_OFFSET_MASK;

	if (position >> V1_INDEX_SHIFT != V1_MIGRATION_INDEX || offset < V1_DATA_OFFSET)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	return remap_vmalloc_range(vma, to_v1(vdev)->window,
				   (offset - V1_DATA_OFFSET) >> PAGE_SHIFT);
}
