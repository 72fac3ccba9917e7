// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA into the memory that the user has mapped: what a test has ordered by the file "dma".
 *
 * It is made by vfio_dma_rw(), as a device without an IOMMU of its own does it. The container knows
 * of each such write, so its log of dirty pages is exact; an iommufd does not.
 */

#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "common.h"

/* With the lock held, so that nothing is written any more once the state change has returned. */
static void vs_dma_write(struct vs_device *dev)
{
	struct vs_dma *dma = &dev->dma;
	unsigned int page;

	dma->count++;
	for (page = 0; page < dma->pages; page++) {
		u64 iova = dma->iova + page * PAGE_SIZE;

		/* Where the user has mapped nothing the write is lost, as on a bus. */
		if (vfio_dma_rw(&dev->vdev, iova, &dma->count, sizeof(dma->count), true))
			continue;
		if (dev->kind->wrote)
			dev->kind->wrote(dev, iova, sizeof(dma->count));
	}
}

static void vs_dma_queue(struct vs_dma *dma)
{
	if (dma->open && dma->pages)
		mod_delayed_work(system_wq, &dma->work, msecs_to_jiffies(dma->period));
}

static void vs_dma_work(struct work_struct *work)
{
	struct vs_device *dev = container_of(to_delayed_work(work), struct vs_device, dma.work);

	mutex_lock(&dev->lock);
	if (dev->dma.open && dev->kind->may_dma(dev))
		vs_dma_write(dev);
	vs_dma_queue(&dev->dma);
	mutex_unlock(&dev->lock);
}

void vs_dma_init(struct vs_device *dev)
{
	INIT_DELAYED_WORK(&dev->dma.work, vs_dma_work);
}

void vs_dma_open(struct vs_device *dev)
{
	mutex_lock(&dev->lock);
	dev->dma.open = true;
	vs_dma_queue(&dev->dma);
	mutex_unlock(&dev->lock);
}
EXPORT_SYMBOL_GPL(vs_dma_open);

/* vfio_dma_rw() is for open devices only. */
void vs_dma_close(struct vs_device *dev)
{
	mutex_lock(&dev->lock);
	dev->dma.open = false;
	mutex_unlock(&dev->lock);
	cancel_delayed_work_sync(&dev->dma.work);
}
EXPORT_SYMBOL_GPL(vs_dma_close);

/* A device that was reset does no DMA until it is told to again. */
void vs_dma_forget(struct vs_device *dev)
{
	dev->dma.pages = 0;
}
EXPORT_SYMBOL_GPL(vs_dma_forget);

static ssize_t dma_show(struct device *mdev, struct device_attribute *attr, char *buf)
{
	struct vs_device *dev = dev_get_drvdata(mdev);
	ssize_t length;

	mutex_lock(&dev->lock);
	length = dev->dma.pages ? sysfs_emit(buf, "0x%llx %u %u\n", dev->dma.iova, dev->dma.pages,
					     dev->dma.period) :
				  sysfs_emit(buf, "0\n");
	mutex_unlock(&dev->lock);
	return length;
}

static ssize_t dma_store(struct device *mdev, struct device_attribute *attr, const char *buf,
			 size_t count)
{
	struct vs_device *dev = dev_get_drvdata(mdev);
	unsigned int pages = 0, period = 0;
	u64 iova = 0;

	if (!sysfs_streq(buf, "0") &&
	    (sscanf(buf, "%lli %u %u", &iova, &pages, &period) != 3 || !pages ||
	     pages > VS_DMA_MAX_PAGES || !period))
		return -EINVAL;

	mutex_lock(&dev->lock);
	dev->dma.iova = iova;
	dev->dma.pages = pages;
	dev->dma.period = period;
	vs_dma_queue(&dev->dma);
	mutex_unlock(&dev->lock);
	return count;
}
struct device_attribute vs_attr_dma = __ATTR_RW(dma);
EXPORT_SYMBOL_GPL(vs_attr_dma);
