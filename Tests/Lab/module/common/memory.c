// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test puts into a device's memory by the file "fill", so that no two devices are alike by
 * chance.
 */

#include <linux/export.h>
#include <linux/kstrtox.h>

#include "common.h"

/* A word that is found at no other place and for no other seed, as far as it matters. */
static u64 vs_word(u64 seed, u64 index)
{
	return (seed << 32 ^ index) * 0x9e3779b97f4a7c15ULL;
}

static ssize_t fill_store(struct device *mdev, struct device_attribute *attr, const char *buf,
			  size_t count)
{
	struct vs_device *dev = dev_get_drvdata(mdev);
	u64 *words = (u64 *)dev->memory;
	ssize_t ret = count;
	u64 seed, index;

	if (kstrtou64(buf, 0, &seed))
		return -EINVAL;
	mutex_lock(&dev->lock);
	dev->kind->catch_up(dev);
	if (dev->kind->runs(dev)) {
		for (index = 0; index < dev->memory_size / sizeof(*words); index++)
			words[index] = vs_word(seed, index);
		dev->kind->touched(dev, 0, dev->memory_size);
	} else {
		ret = -EBUSY;
	}
	mutex_unlock(&dev->lock);
	return ret;
}
struct device_attribute vs_attr_fill = __ATTR_WO(fill);
EXPORT_SYMBOL_GPL(vs_attr_fill);
