/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What our devices have in common: memory (BAR0), DMA and faults that a test orders, and the mdev
 * parent.
 */
#ifndef VFIOSCOPE_COMMON_H
#define VFIOSCOPE_COMMON_H

#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/workqueue.h>

#define VS_CONFIG_SIZE		256
#define VS_DMA_MAX_PAGES	4096

#define VS_INDEX_SHIFT		40
#define VS_OFFSET_MASK		((1ULL << VS_INDEX_SHIFT) - 1)

struct vs_device;

/* In what our devices differ. The calls are made with the lock held. */
struct vs_kind {
	unsigned int num_regions;
	u16 device_id;		/* in config space */
	bool (*runs)(struct vs_device *dev);		/* the memory may change */
	bool (*may_dma)(struct vs_device *dev);
	void (*catch_up)(struct vs_device *dev);	/* before anybody sees the memory */
	void (*touched)(struct vs_device *dev, u64 offset, u64 count);
	void (*wrote)(struct vs_device *dev, u64 iova, u64 count);	/* by DMA; or NULL */
};

/* The DMA that a test has ordered: a count into each of these pages, again and again. */
struct vs_dma {
	struct delayed_work work;
	bool open;		/* the work may be queued */
	u64 iova;
	unsigned int pages;	/* 0 is no DMA */
	unsigned int period;	/* milliseconds */
	u64 count;
};

struct vs_device {
	struct vfio_device vdev;
	const struct vs_kind *kind;
	struct mutex lock;	/* everything below, and all that a device adds to it */
	u8 *memory;
	unsigned int memory_size;
	ktime_t last_beat;
	struct vs_dma dma;
	unsigned int fail_errno;
	bool fail_to_error;
	u8 config[VS_CONFIG_SIZE];
};

static inline struct vs_device *to_vs(struct vfio_device *vdev)
{
	return container_of(vdev, struct vs_device, vdev);
}

/* device.c */
bool vs_is_memory_size(unsigned int size);
int vs_init(struct vs_device *dev, const struct vs_kind *kind, unsigned int memory_size);
void vs_release(struct vs_device *dev);
u64 vs_beats(struct vs_device *dev, unsigned int period);
long vs_get_info(struct vs_device *dev, void __user *arg);
long vs_get_irq_info(void __user *arg);
u64 vs_region_size(struct vs_device *dev, u32 index);

/* regions.c: without the lock */
ssize_t vs_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos);
ssize_t vs_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos);

/* dma.c: open and close without the lock, forget with it */
extern struct device_attribute vs_attr_dma;
void vs_dma_init(struct vs_device *dev);
void vs_dma_open(struct vs_device *dev);
void vs_dma_close(struct vs_device *dev);
void vs_dma_forget(struct vs_device *dev);

/* faults.c: with the lock held */
extern struct device_attribute vs_attr_fail_next;
int vs_ordered_fault(struct vs_device *dev);

/* memory.c */
extern struct device_attribute vs_attr_fill;

/*
 * What is left to send, in blocks: first all of them, one after the other, then those that were
 * touched after they had been sent.
 */
struct vs_pass {
	unsigned int blocks;
	unsigned int first;	/* not sent yet, and all after it */
	unsigned int dirty;	/* how many bits are set */
	unsigned long *bits;	/* a bit for each block before the first that was touched again */
};

/* pass.c: with the lock held */
int vs_pass_init(struct vs_pass *pass, unsigned int blocks);
void vs_pass_free(struct vs_pass *pass);
void vs_pass_start(struct vs_pass *pass);
void vs_pass_touch(struct vs_pass *pass, unsigned int first, unsigned int last);
unsigned int vs_pass_next(struct vs_pass *pass, unsigned int most, unsigned int *block);

static inline unsigned int vs_pass_left(const struct vs_pass *pass)
{
	return pass->blocks - pass->first + pass->dirty;
}

/* parent.c: a module's own driver and the one type of device that it makes */
struct vs_parent {
	struct mdev_driver *driver;
	struct mdev_type *types[1];
	struct class *class;
	struct device *device;
	struct mdev_parent mdev;
};

int vs_register(struct vs_parent *parent);
void vs_unregister(struct vs_parent *parent);
int vs_add(struct mdev_device *mdev, struct vs_device *dev);
void vs_remove(struct mdev_device *mdev);

#endif
