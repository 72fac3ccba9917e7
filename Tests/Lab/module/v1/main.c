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
 *   fill          "SEED": the memory of a device that runs becomes a pattern of this number
 */

#include <linux/iommufd.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/module.h>
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
	mutex_lock(&dev->vs.lock);
	if (!READ_ONCE(v1_remember))
		v1_reset(dev);
	mutex_unlock(&dev->vs.lock);
}

static int v1_open(struct vfio_device *vdev)
{
	v1_start_over(to_v1(vdev));
	vs_dma_open(to_vs(vdev));
	return 0;
}

static void v1_close(struct vfio_device *vdev)
{
	vs_dma_close(to_vs(vdev));
	v1_start_over(to_v1(vdev));
}

static bool v1_runs(struct vs_device *vs)
{
	return to_v1(&vs->vdev)->state & VFIO_DEVICE_STATE_V1_RUNNING;
}

static void v1_kind_catch_up(struct vs_device *vs)
{
	v1_catch_up(to_v1(&vs->vdev));
}

static void v1_kind_touched(struct vs_device *vs, u64 offset, u64 count)
{
	v1_touch(to_v1(&vs->vdev), offset, count);
}

static const struct vs_kind v1_kind = {
	.num_regions = V1_NUM_REGIONS,
	.device_id = 0x0001,
	.runs = v1_runs,
	.may_dma = v1_runs,
	.catch_up = v1_kind_catch_up,
	.touched = v1_kind_touched,
};

static int v1_init(struct vfio_device *vdev)
{
	struct v1_device *dev = to_v1(vdev);
	int ret;

	dev->state = VFIO_DEVICE_STATE_V1_RUNNING;
	ret = vs_init(&dev->vs, &v1_kind, v1_memory_size);
	if (ret)
		return ret;
	ret = vs_pass_init(&dev->pass, DIV_ROUND_UP(v1_memory_size, v1_chunk_size));
	if (ret)
		goto err_common;
	dev->window = vmalloc_user(v1_window_size);
	if (!dev->window) {
		ret = -ENOMEM;
		goto err_pass;
	}
	return 0;

err_pass:
	vs_pass_free(&dev->pass);
err_common:
	vs_release(&dev->vs);
	return ret;
}

/* After the last file, and with it the last mapping of the window, is gone. */
static void v1_release(struct vfio_device *vdev)
{
	struct v1_device *dev = to_v1(vdev);

	vfree(dev->window);
	vs_pass_free(&dev->pass);
	vs_release(&dev->vs);
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

static struct attribute *v1_attrs[] = {
	&dev_attr_device_state.attr,
	&vs_attr_fail_next.attr,
	&vs_attr_dma.attr,
	&vs_attr_fill.attr,
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

	dev = vfio_alloc_device(v1_device, vs.vdev, &mdev->dev, &v1_ops);
	return IS_ERR(dev) ? PTR_ERR(dev) : vs_add(mdev, &dev->vs);
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
	.remove = vs_remove,
};

static struct mdev_type v1_type = {
	.sysfs_name = "region",
	.pretty_name = "Memory that migrates by the v1 region",
};

static struct vs_parent v1_parent = {
	.driver = &v1_driver,
	.types = { &v1_type },
};

static int __init v1_module_init(void)
{
	if (!vs_is_memory_size(v1_memory_size)) {
		pr_err(V1_NAME ": the memory is whole pages, up to 1 GiB\n");
		return -EINVAL;
	}
	if (!v1_chunk_size || v1_chunk_size > v1_memory_size ||
	    v1_window_size < v1_chunk_size + sizeof(struct v1_record) ||
	    v1_window_size > V1_WINDOW_MAX || !PAGE_ALIGNED(v1_window_size)) {
		pr_err(V1_NAME ": a chunk must fit into the window with its header, and the window is whole pages\n");
		return -EINVAL;
	}
	return vs_register(&v1_parent);
}

static void __exit v1_module_exit(void)
{
	vs_unregister(&v1_parent);
}

module_init(v1_module_init)
module_exit(v1_module_exit)

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A mediated device with the VFIO migration region of Linux 5.8 to 5.17");
