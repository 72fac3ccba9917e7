// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA into the memory that the user has mapped: what a test has ordered by the file "dma".
 *
 * It is made by vfio_dma_rw(), as a device without an IOMMU of its own does it. The container knows
 * of each such write, so its log of dirty pages is exact.
 */

#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "v1.h"

/* With the lock held, so that nothing is written any more once the state change has returned. */
static void v1_dma_write(struct v1_device *dev)
{
	struct v1_dma *dma = &dev->dma;
	unsigned int page;

	dma->count++;
	/* Where the user has mapped nothing the write is lost, as on a bus. */
	for (page = 0; page < dma->pages; page++)
		vfio_dma_rw(&dev->vdev, dma->iova + page * PAGE_SIZE, &dma->count,
			    sizeof(dma->count), true);
}

static void v1_dma_queue(struct v1_dma *dma)
{
	if (dma->open && dma->pages)
		mod_delayed_work(system_wq, &dma->work, msecs_to_jiffies(dma->period));
}

static void v1_dma_work(struct work_struct *work)
{
	struct v1_device *dev = container_of(to_delayed_work(work), struct v1_device, dma.work);

	mutex_lock(&dev->lock);
	if (dev->dma.open && (dev->state & VFIO_DEVICE_STATE_V1_RUNNING))
		v1_dma_write(dev);
	v1_dma_queue(&dev->dma);
	mutex_unlock(&dev->lock);
}

void v1_dma_init(struct v1_device *dev)
{
	INIT_DELAYED_WORK(&dev->dma.work, v1_dma_work);
}

void v1_dma_open(struct v1_device *dev)
{
	mutex_lock(&dev->lock);
	dev->dma.open = true;
	v1_dma_queue(&dev->dma);
	mutex_unlock(&dev->lock);
}

/* vfio_dma_rw() is for open devices only. */
void v1_dma_close(struct v1_device *dev)
{
	mutex_lock(&dev->lock);
	dev->dma.open = false;
	mutex_unlock(&dev->lock);
	cancel_delayed_work_sync(&dev->dma.work);
}

/* A device that was reset does no DMA until it is told to again. */
void v1_dma_forget(struct v1_device *dev)
{
	dev->dma.pages = 0;
}

static ssize_t dma_show(struct device *mdev, struct device_attribute *attr, char *buf)
{
	struct v1_device *dev = dev_get_drvdata(mdev);
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
	struct v1_device *dev = dev_get_drvdata(mdev);
	unsigned int pages = 0, period = 0;
	u64 iova = 0;

	if (!sysfs_streq(buf, "0") &&
	    (sscanf(buf, "%lli %u %u", &iova, &pages, &period) != 3 || !pages ||
	     pages > V1_DMA_MAX_PAGES || !period))
		return -EINVAL;

	mutex_lock(&dev->lock);
	dev->dma.iova = iova;
	dev->dma.pages = pages;
	dev->dma.period = period;
	v1_dma_queue(&dev->dma);
	mutex_unlock(&dev->lock);
	return count;
}
DEVICE_ATTR_RW(dma);
