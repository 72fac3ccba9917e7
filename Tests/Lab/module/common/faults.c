// SPDX-License-Identifier: GPL-2.0-only
/* The fault of a transition that a test orders by the file "fail_next". */

#include <linux/err.h>
#include <linux/export.h>
#include <linux/string.h>

#include "common.h"

/*
 * The errno ordered for this transition, negative, or 0. It happens once; fail_to_error says
 * whether it is to end in the error state.
 */
int vs_ordered_fault(struct vs_device *dev)
{
	int error = -(int)dev->fail_errno;

	dev->fail_errno = 0;
	return error;
}
EXPORT_SYMBOL_GPL(vs_ordered_fault);

static ssize_t fail_next_show(struct device *mdev, struct device_attribute *attr, char *buf)
{
	struct vs_device *dev = dev_get_drvdata(mdev);
	ssize_t length;

	mutex_lock(&dev->lock);
	length = dev->fail_errno ? sysfs_emit(buf, "%u %s\n", dev->fail_errno,
					      dev->fail_to_error ? "error" : "keep") :
				   sysfs_emit(buf, "0\n");
	mutex_unlock(&dev->lock);
	return length;
}

static ssize_t fail_next_store(struct device *mdev, struct device_attribute *attr,
			       const char *buf, size_t count)
{
	struct vs_device *dev = dev_get_drvdata(mdev);
	char how[8] = "keep";
	unsigned int error;
	bool to_error;

	if (sscanf(buf, "%u %7s", &error, how) < 1 || error > MAX_ERRNO)
		return -EINVAL;
	to_error = !strcmp(how, "error");
	if (!to_error && strcmp(how, "keep"))
		return -EINVAL;

	mutex_lock(&dev->lock);
	dev->fail_errno = error;
	dev->fail_to_error = to_error;
	mutex_unlock(&dev->lock);
	return count;
}
struct device_attribute vs_attr_fail_next = __ATTR_RW(fail_next);
EXPORT_SYMBOL_GPL(vs_attr_fail_next);
