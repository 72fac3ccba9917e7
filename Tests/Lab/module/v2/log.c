// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's own log of the pages that it writes by DMA. It is independent of the migration
 * states.
 */

#include <linux/bitmap.h>
#include <linux/interval_tree.h>
#include <linux/iova_bitmap.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "v2.h"

#define V2_LOG_MIN_PAGE		SZ_4K
#define V2_LOG_MAX_PAGE		SZ_1G
#define V2_LOG_MAX_PAGES	(1ULL << 28)	/* 1 TiB by pages of 4 KiB */

static u64 v2_page(const struct v2_log *log, const struct v2_range *range, u64 iova)
{
	return (iova >> log->shift) - (range->first >> log->shift);
}

static u64 v2_range_pages(const struct v2_log *log, const struct v2_range *range)
{
	return v2_page(log, range, range->last) + 1;
}

/* The range that has this address, or NULL. */
static struct v2_range *v2_range_at(struct v2_log *log, u64 iova)
{
	u32 i;

	for (i = 0; i < log->count; i++)
		if (log->ranges[i].first <= iova && iova <= log->ranges[i].last)
			return &log->ranges[i];
	return NULL;
}

void v2_log_mark(struct v2_device *dev, u64 iova, u64 count)
{
	struct v2_log *log = &dev->log;
	u64 last = iova + count - 1;
	u64 page, end;
	u32 i;

	for (i = 0; i < log->count; i++) {
		struct v2_range *range = &log->ranges[i];

		if (last < range->first || iova > range->last)
			continue;
		page = v2_page(log, range, max(iova, range->first));
		end = v2_page(log, range, min(last, range->last));
		bitmap_set(range->pages, page, end - page + 1);
	}
}

void v2_log_forget(struct v2_device *dev)
{
	struct v2_log *log = &dev->log;
	u32 i;

	for (i = 0; i < log->count; i++)
		kvfree(log->ranges[i].pages);
	kfree(log->ranges);
	memset(log, 0, sizeof(*log));
}

/* Fills the empty log; what of it there is when it fails is for v2_log_forget(). */
static int v2_log_fill(struct v2_log *log, struct rb_root_cached *nodes, u32 count)
{
	struct interval_tree_node *node;
	u64 pages, all = 0;

	log->ranges = kcalloc(count, sizeof(*log->ranges), GFP_KERNEL);
	if (!log->ranges)
		return -ENOMEM;
	for (node = interval_tree_iter_first(nodes, 0, ULONG_MAX); node;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX)) {
		struct v2_range *range = &log->ranges[log->count];

		/*
		 * The core lets a range without length pass, which is then all or less than
		 * nothing.
		 */
		if (node->last < node->start)
			return -EINVAL;
		range->first = node->start;
		range->last = node->last;
		pages = v2_range_pages(log, range);
		all += pages;
		if (pages > V2_LOG_MAX_PAGES || all > V2_LOG_MAX_PAGES)
			return -E2BIG;
		range->pages = kvcalloc(BITS_TO_LONGS(pages), sizeof(long), GFP_KERNEL);
		if (!range->pages)
			return -ENOMEM;
		log->count++;
	}
	return 0;
}

/* A page size is a wish; the one that is nearest to it comes back. */
static int v2_log_start(struct vfio_device *vdev, struct rb_root_cached *nodes, u32 count,
			u64 *page_size)
{
	struct v2_device *dev = to_v2(vdev);
	int ret = -EINVAL;

	mutex_lock(&dev->vs.lock);
	if (dev->log.count)
		goto unlock;
	*page_size = clamp_t(u64, *page_size, V2_LOG_MIN_PAGE, V2_LOG_MAX_PAGE);
	*page_size = rounddown_pow_of_two(*page_size);
	dev->log.shift = ilog2(*page_size);
	ret = v2_log_fill(&dev->log, nodes, count);
	if (ret)
		v2_log_forget(dev);
unlock:
	mutex_unlock(&dev->vs.lock);
	return ret;
}

static int v2_log_stop(struct vfio_device *vdev)
{
	struct v2_device *dev = to_v2(vdev);

	mutex_lock(&dev->vs.lock);
	v2_log_forget(dev);
	mutex_unlock(&dev->vs.lock);
	return 0;
}

/*
 * Reports the pages of a piece of a range. A page of the log that the piece has only the beginning
 * of stays dirty, since the user was not told of its end.
 */
static void v2_log_take(struct v2_log *log, struct v2_range *range, u64 first, u64 last,
			struct iova_bitmap *bitmap)
{
	u64 end = v2_page(log, range, last);
	u64 size = 1ULL << log->shift;
	u64 page = v2_page(log, range, first);

	for_each_set_bit_from(page, range->pages, end + 1) {
		u64 start = ((range->first >> log->shift) + page) << log->shift;
		u64 stop = min(start + size - 1, last);

		start = max(start, first);
		iova_bitmap_set(bitmap, start, stop - start + 1);
		if (stop < last || last == range->last || IS_ALIGNED(last + 1, size))
			__clear_bit(page, range->pages);
	}
}

/* What is outside of the ranges was never logged, so that it cannot be said to be clean. */
static int v2_log_report(struct v2_log *log, u64 iova, u64 length, struct iova_bitmap *bitmap)
{
	u64 last = iova + length - 1;

	for (;;) {
		struct v2_range *range = v2_range_at(log, iova);
		u64 end;

		if (!range)
			return -EINVAL;
		end = min(last, range->last);
		v2_log_take(log, range, iova, end, bitmap);
		if (end == last)
			return 0;
		iova = end + 1;
	}
}

static int v2_log_read_and_clear(struct vfio_device *vdev, unsigned long iova, unsigned long length,
				 struct iova_bitmap *bitmap)
{
	struct v2_device *dev = to_v2(vdev);
	int ret = -EINVAL;

	mutex_lock(&dev->vs.lock);
	if (length)
		ret = v2_log_report(&dev->log, iova, length, bitmap);
	mutex_unlock(&dev->vs.lock);
	return ret;
}

const struct vfio_log_ops v2_log_ops = {
	.log_start = v2_log_start,
	.log_stop = v2_log_stop,
	.log_read_and_clear = v2_log_read_and_clear,
};
