// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mediated device that migrates by the region protocol of Linux 5.8 to 5.17 ("v1").
 *
 * No kernel driver was ever merged with that protocol, so there is nothing real to try a v1 client
 * on. This one is a block of memory (BAR0) behind the migration region as the documentation of
 * struct vfio_device_migration_info in <linux/vfio.h> of those kernels describes it. Where that
 * text leaves a choice, the device takes the one that shows most of a client's mistakes, and a
 * comment says so.
 *
 * While the device is _RUNNING it counts a heartbeat in the first eight bytes of its memory, every
 * dirty_ms milliseconds, so that pre-copy never stays finished. Nothing counts by itself: the time
 * that passed is looked at whenever somebody could see the difference.
 *
 * Create one with
 *   echo UUID > /sys/class/mdev_bus/vfioscope_v1/mdev_supported_types/vfioscope_v1-region/create
 * Its folder in /sys/bus/mdev/devices/ has a folder "vfioscope" with
 *   device_state  the register, readable without opening the device
 *   fail_next     "ERRNO keep": the next transition fails with ERRNO and changes nothing;
 *                 "ERRNO error": it fails with ERRNO and ends in the error state; "0": neither
 *   dma           "IOVA PAGES MS": while the device is open and _RUNNING it writes into PAGES pages
 *                 from IOVA on, every MS milliseconds, so that their pages are dirty for whoever
 *                 logs them; "0": it does not. A reset does the same as "0".
 */

#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/iommufd.h>
#include <linux/mdev.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci_regs.h>
#include <linux/unaligned.h>
#include <linux/vmalloc.h>

#include "v1.h"

unsigned int v1_memory_size = SZ_64K;
module_param_named(memory_size, v1_memory_size, uint, 0444);
MODULE_PARM_DESC(memory_size, "bytes of device memory, whole pages, up to 1 GiB");

unsigned int v1_chunk_size = 4096;
module_param_named(chunk_size, v1_chunk_size, uint, 0444);
MODULE_PARM_DESC(chunk_size, "bytes of device memory in one chunk of data");

unsigned int v1_window_size = 8192;
module_param_named(window_size, v1_window_size, uint, 0444);
MODULE_PARM_DESC(window_size, "bytes of the data window, whole pages, at least one chunk and its header");

unsigned int v1_dirty_ms = 500;
module_param_named(dirty_ms, v1_dirty_ms, uint, 0644);
MODULE_PARM_DESC(dirty_ms, "milliseconds between heartbeats of a running device, 0 for none");

static bool v1_remember;
module_param_named(remember, v1_remember, bool, 0644);
MODULE_PARM_DESC(remember, "keep the state when the device is closed, so that the next to open it finds it");

/* "Default state of VFIO device is _RUNNING when the user application starts." */
static void v1_start_over(struct v1_device *dev)
{
	mutex_lock(&dev->lock);
	if (!READ_ONCE(v1_remember))
		v1_reset(dev);
	mutex_unlock(&dev->lock);
}

static int v1_open(struct vfio_device *vdev)
{
	v1_start_over(to_v1(vdev));
	v1_dma_open(to_v1(vdev));
	return 0;
}

static void v1_close(struct vfio_device *vdev)
{
	v1_dma_close(to_v1(vdev));
	v1_start_over(to_v1(vdev));
}

static void v1_fill_config(struct v1_device *dev)
{
	/* Nobody's numbers, so that no driver and no name in pci.ids fits them. */
	put_unaligned_le16(0xf105, dev->config + PCI_VENDOR_ID);
	put_unaligned_le16(0x0001, dev->config + PCI_DEVICE_ID);
	put_unaligned_le16(PCI_COMMAND_MEMORY, dev->config + PCI_COMMAND);
	put_unaligned_le16(0xff00, dev->config + PCI_CLASS_DEVICE);
}

static int v1_init(struct vfio_device *vdev)
{
	struct v1_device *dev = to_v1(vdev);

	mutex_init(&dev->lock);
	v1_dma_init(dev);
	dev->state = VFIO_DEVICE_STATE_V1_RUNNING;
	dev->last_beat = ktime_get();
	dev->memory = vzalloc(v1_memory_size);
	dev->window = vmalloc_user(v1_window_size);
	dev->dirty = bitmap_zalloc(v1_blocks(), GFP_KERNEL);
	if (!dev->memory || !dev->window || !dev->dirty) {
		bitmap_free(dev->dirty);
		vfree(dev->window);
		vfree(dev->memory);
		return -ENOMEM;
	}
	v1_fill_config(dev);
	return 0;
}

/* After the last file, and with it the last mapping of the window, is gone. */
static void v1_release(struct vfio_device *vdev)
{
	struct v1_device *dev = to_v1(vdev);

	bitmap_free(dev->dirty);
	vfree(dev->window);
	vfree(dev->memory);
	mutex_destroy(&dev->lock);
}

static const struct vfio_device_ops v1_ops = {
	.name = V1_NAME,
	.init = v1_init,
	.release = v1_release,
	.open_device = v1_open,
	.close_device = v1_close,
	.read = v1_read,
	.write = v1_write,
	.ioctl = v1_ioctl,
	.mmap = v1_mmap,
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
};

static ssize_t device_state_show(struct device *mdev, struct device_attribute *attr, char *buf)
{
	struct v1_device *dev = dev_get_drvdata(mdev);

	return sysfs_emit(buf, "%u\n", READ_ONCE(dev->state));
}
static DEVICE_ATTR_RO(device_state);

static ssize_t fail_next_show(struct device *mdev, struct device_attribute *attr, char *buf)
{
	struct v1_device *dev = dev_get_drvdata(mdev);
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
	struct v1_device *dev = dev_get_drvdata(mdev);
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
static DEVICE_ATTR_RW(fail_next);

static struct attribute *v1_attrs[] = {
	&dev_attr_device_state.attr,
	&dev_attr_fail_next.attr,
	&dev_attr_dma.attr,
	NULL,
};

static const struct attribute_group v1_group = {
	.name = "vfioscope",
	.attrs = v1_attrs,
};

static const struct attribute_group *v1_groups[] = { &v1_group, NULL };

static int v1_probe(struct mdev_device *mdev)
{
	struct v1_device *dev;
	int ret;

	dev = vfio_alloc_device(v1_device, vdev, &mdev->dev, &v1_ops);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	dev_set_drvdata(&mdev->dev, dev);
	ret = vfio_register_emulated_iommu_dev(&dev->vdev);
	if (ret)
		vfio_put_device(&dev->vdev);
	return ret;
}

static void v1_remove(struct mdev_device *mdev)
{
	struct v1_device *dev = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&dev->vdev);
	vfio_put_device(&dev->vdev);
}

static struct mdev_driver v1_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = 8,
	.driver = {
		.name = V1_NAME,
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = v1_groups,
	},
	.probe = v1_probe,
	.remove = v1_remove,
};

static struct mdev_type v1_type = {
	.sysfs_name = "region",
	.pretty_name = "Memory that migrates by the v1 region",
};

static struct mdev_type *v1_types[] = { &v1_type };
static struct class *v1_class;
static struct device *v1_parent_device;
static struct mdev_parent v1_parent;

static int __init v1_module_init(void)
{
	int ret;

	if (!v1_memory_size || v1_memory_size > SZ_1G || !PAGE_ALIGNED(v1_memory_size)) {
		pr_err(V1_NAME ": the memory is whole pages, up to 1 GiB\n");
		return -EINVAL;
	}
	if (!v1_chunk_size || v1_chunk_size > v1_memory_size ||
	    v1_window_size < v1_chunk_size + sizeof(struct v1_record) ||
	    v1_window_size > SZ_16M || !PAGE_ALIGNED(v1_window_size)) {
		pr_err(V1_NAME ": a chunk must fit into the window with its header, and the window is whole pages\n");
		return -EINVAL;
	}
	ret = mdev_register_driver(&v1_driver);
	if (ret)
		return ret;
	v1_class = class_create(V1_NAME);
	if (IS_ERR(v1_class)) {
		ret = PTR_ERR(v1_class);
		goto err_driver;
	}
	v1_parent_device = device_create(v1_class, NULL, MKDEV(0, 0), NULL, V1_NAME);
	if (IS_ERR(v1_parent_device)) {
		ret = PTR_ERR(v1_parent_device);
		goto err_class;
	}
	ret = mdev_register_parent(&v1_parent, v1_parent_device, &v1_driver, v1_types,
				   ARRAY_SIZE(v1_types));
	if (ret)
		goto err_device;
	return 0;

err_device:
	device_unregister(v1_parent_device);
err_class:
	class_destroy(v1_class);
err_driver:
	mdev_unregister_driver(&v1_driver);
	return ret;
}

static void __exit v1_module_exit(void)
{
	mdev_unregister_parent(&v1_parent);
	device_unregister(v1_parent_device);
	class_destroy(v1_class);
	mdev_unregister_driver(&v1_driver);
}

module_init(v1_module_init)
module_exit(v1_module_exit)

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A mediated device with the VFIO migration region of Linux 5.8 to 5.17");
