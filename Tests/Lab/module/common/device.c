// SPDX-License-Identifier: GPL-2.0-only
/* The beginning and the end of a device, its heartbeat, and what it says it is made of. */

#include <linux/math64.h>
#include <linux/module.h>
#include <linux/pci_regs.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>

#include "common.h"

bool vs_is_memory_size(unsigned int size)
{
	return size && size <= SZ_1G && PAGE_ALIGNED(size);
}
EXPORT_SYMBOL_GPL(vs_is_memory_size);

static void vs_fill_config(struct vs_device *dev)
{
	/* Nobody's numbers, so that no driver and no name in pci.ids fits them. */
	put_unaligned_le16(0xf105, dev->config + PCI_VENDOR_ID);
	put_unaligned_le16(dev->kind->device_id, dev->config + PCI_DEVICE_ID);
	put_unaligned_le16(PCI_COMMAND_MEMORY, dev->config + PCI_COMMAND);
	put_unaligned_le16(0xff00, dev->config + PCI_CLASS_DEVICE);
}

int vs_init(struct vs_device *dev, const struct vs_kind *kind, unsigned int memory_size)
{
	dev->memory = vzalloc(memory_size);
	if (!dev->memory)
		return -ENOMEM;
	dev->memory_size = memory_size;
	dev->kind = kind;
	dev->last_beat = ktime_get();
	mutex_init(&dev->lock);
	vs_dma_init(dev);
	vs_fill_config(dev);
	return 0;
}
EXPORT_SYMBOL_GPL(vs_init);

void vs_release(struct vs_device *dev)
{
	mutex_destroy(&dev->lock);
	vfree(dev->memory);
}
EXPORT_SYMBOL_GPL(vs_release);

/*
 * The heartbeats since the last look, of a device that has one every so many milliseconds while it
 * runs, 0 for none. Nothing counts by itself: a device asks whenever somebody could see the
 * difference.
 */
u64 vs_beats(struct vs_device *dev, unsigned int period)
{
	ktime_t now = ktime_get();
	u64 beats;

	if (!period || !dev->kind->runs(dev)) {
		dev->last_beat = now;
		return 0;
	}
	beats = div_u64(ktime_ms_delta(now, dev->last_beat), period);
	dev->last_beat = ktime_add_ms(dev->last_beat, beats * period);
	return beats;
}
EXPORT_SYMBOL_GPL(vs_beats);

u64 vs_region_size(struct vs_device *dev, u32 index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return dev->memory_size;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return VS_CONFIG_SIZE;
	default:
		return 0;
	}
}
EXPORT_SYMBOL_GPL(vs_region_size);

long vs_get_info(struct vs_device *dev, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = dev->kind->num_regions;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
EXPORT_SYMBOL_GPL(vs_get_info);

/* The devices interrupt nobody. */
long vs_get_irq_info(void __user *arg)
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
EXPORT_SYMBOL_GPL(vs_get_irq_info);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What the mediated devices vfioscope_v1 and vfioscope_v2 have in common");
