// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading and writing the regions that each device has: BAR0, which is its memory, and config
 * space.
 */

#include <linux/export.h>
#include <linux/uaccess.h>

#include "common.h"

/* Where a position is in our memory, or NULL; *size is what follows it there. */
static void *vs_at(struct vs_device *dev, u64 index, u64 offset, u64 *size)
{
	u64 whole = vs_region_size(dev, index);

	if (offset >= whole)
		return NULL;
	*size = whole - offset;
	return (index == VFIO_PCI_BAR0_REGION_INDEX ? dev->memory : dev->config) + offset;
}

ssize_t vs_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos)
{
	struct vs_device *dev = to_vs(vdev);
	ssize_t done = -EINVAL;
	void *from;
	u64 size;

	mutex_lock(&dev->lock);
	dev->kind->catch_up(dev);
	from = vs_at(dev, *ppos >> VS_INDEX_SHIFT, *ppos & VS_OFFSET_MASK, &size);
	if (from) {
		done = min_t(u64, count, size);
		if (copy_to_user(buf, from, done))
			done = -EFAULT;
	}
	mutex_unlock(&dev->lock);
	if (done > 0)
		*ppos += done;
	return done;
}
EXPORT_SYMBOL_GPL(vs_read);

/*
 * A device that does not run must not change, so it drops writes to its memory; config space is
 * constant.
 */
ssize_t vs_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos)
{
	struct vs_device *dev = to_vs(vdev);
	u64 index = *ppos >> VS_INDEX_SHIFT;
	u64 offset = *ppos & VS_OFFSET_MASK;
	ssize_t done = -EINVAL;
	void *to;
	u64 size;

	mutex_lock(&dev->lock);
	dev->kind->catch_up(dev);
	to = vs_at(dev, index, offset, &size);
	if (to) {
		done = min_t(u64, count, size);
		if (done && index == VFIO_PCI_BAR0_REGION_INDEX && dev->kind->runs(dev)) {
			dev->kind->touched(dev, offset, done);
			if (copy_from_user(to, buf, done))
				done = -EFAULT;
		}
	}
	mutex_unlock(&dev->lock);
	if (done > 0)
		*ppos += done;
	return done;
}
EXPORT_SYMBOL_GPL(vs_write);
