// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mediated device that migrates by the states of Linux 5.18 and later ("v2").
 *
 * The kernel's sample mtty speaks that protocol too, with a state of 96 bytes, nothing that changes
 * in pre-copy, and a log of DMA that is always empty. This one is a block of memory (BAR0) of any
 * size, does all that enum vfio_device_mig_state describes, and logs the DMA that it does. Where
 * that text leaves a choice a comment says which one is taken, often another than mtty's.
 *
 * While the device runs it counts a heartbeat in the first eight bytes of each of the first
 * dirty_pages pages of its memory, every dirty_ms milliseconds, so that pre-copy never stays
 * finished. Nothing counts by itself: the time that passed is looked at whenever somebody could see
 * the difference.
 *
 * Create one with
 *   echo UUID > /sys/class/mdev_bus/vfioscope_v2/mdev_supported_types/vfioscope_v2-states/create
 * Its folder in /sys/bus/mdev/devices/ has a folder "vfioscope" with
 *   fail_next     "ERRNO keep": the next change of state fails with ERRNO and changes nothing;
 *                 "ERRNO error": it fails with ERRNO and ends in ERROR; "0": neither
 *   dma           "IOVA PAGES MS": while the device is open and in RUNNING or PRE_COPY it writes
 *                 into PAGES pages from IOVA on, every MS milliseconds, so that they are dirty for
 *                 whoever logs them; "0": it does not. A reset does the same as "0".
 *   fill          "SEED": the memory of a device that runs becomes a pattern of this number
 */

#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "v2.h"

unsigned int v2_memory_size = SZ_64K;
module_param_named(memory_size, v2_memory_size, uint, 0444);
MODULE_PARM_DESC(memory_size, "bytes of device memory, whole pages, up to 1 GiB");

unsigned int v2_dirty_ms = 500;
module_param_named(dirty_ms, v2_dirty_ms, uint, 0644);
MODULE_PARM_DESC(dirty_ms, "milliseconds between heartbeats of a running device, 0 for none");

unsigned int v2_dirty_pages = 1;
module_param_named(dirty_pages, v2_dirty_pages, uint, 0644);
MODULE_PARM_DESC(dirty_pages, "pages of device memory that a heartbeat changes");

bool v2_checksum_payload = true;
module_param_named(checksum_payload, v2_checksum_payload, bool, 0644);
MODULE_PARM_DESC(checksum_payload, "checksums cover the memory too; without it reading is as fast as copying");

static bool v2_remember;
module_param_named(remember, v2_remember, bool, 0644);
MODULE_PARM_DESC(remember, "keep the state when the device is closed, so that the next to open it finds it");

static bool v2_runs(struct vs_device *vs)
{
	switch (to_v2(&vs->vdev)->state) {
	case VFIO_DEVICE_STATE_RUNNING:
	case VFIO_DEVICE_STATE_RUNNING_P2P:
	case VFIO_DEVICE_STATE_PRE_COPY:
	case VFIO_DEVICE_STATE_PRE_COPY_P2P:
		return true;
	default:
		return false;
	}
}

/*
 * "If the device can identify P2P transactions then it can stop only P2P DMA, otherwise it must
 * stop all DMA."
 */
static bool v2_may_dma(struct vs_device *vs)
{
	enum vfio_device_mig_state state = to_v2(&vs->vdev)->state;

	return state == VFIO_DEVICE_STATE_RUNNING || state == VFIO_DEVICE_STATE_PRE_COPY;
}

static void v2_kind_catch_up(struct vs_device *vs)
{
	v2_catch_up(to_v2(&vs->vdev));
}

static void v2_kind_touched(struct vs_device *vs, u64 offset, u64 count)
{
	v2_touch(to_v2(&vs->vdev), offset, count);
}

static void v2_kind_wrote(struct vs_device *vs, u64 iova, u64 count)
{
	v2_log_mark(to_v2(&vs->vdev), iova, count);
}

static const struct vs_kind v2_device_kind = {
	.num_regions = VFIO_PCI_NUM_REGIONS,
	.device_id = 0x0002,
	.runs = v2_runs,
	.may_dma = v2_may_dma,
	.catch_up = v2_kind_catch_up,
	.touched = v2_kind_touched,
	.wrote = v2_kind_wrote,
};

static int v2_init(struct vfio_device *vdev)
{
	struct v2_device *dev = to_v2(vdev);
	int ret;

	dev->state = VFIO_DEVICE_STATE_RUNNING;
	init_waitqueue_head(&dev->wait);
	INIT_DELAYED_WORK(&dev->beat, v2_beat_work);
	vdev->migration_flags = VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
				VFIO_MIGRATION_PRE_COPY;
	vdev->mig_ops = &v2_migration_ops;
	vdev->log_ops = &v2_log_ops;
	ret = vs_init(&dev->vs, &v2_device_kind, v2_memory_size);
	if (ret)
		return ret;
	ret = vs_pass_init(&dev->pass, v2_memory_size / V2_BLOCK_SIZE);
	if (ret)
		vs_release(&dev->vs);
	return ret;
}

/* After the last file, also that of a data fd, is gone. */
static void v2_release(struct vfio_device *vdev)
{
	struct v2_device *dev = to_v2(vdev);

	cancel_delayed_work_sync(&dev->beat);
	vs_pass_free(&dev->pass);
	vs_release(&dev->vs);
}

/* mlx5 and others run when they are opened; mtty has the state that it was left in. */
static void v2_start_over(struct v2_device *dev)
{
	mutex_lock(&dev->vs.lock);
	if (!READ_ONCE(v2_remember))
		v2_reset(dev);
	mutex_unlock(&dev->vs.lock);
}

static int v2_open(struct vfio_device *vdev)
{
	v2_start_over(to_v2(vdev));
	vs_dma_open(to_vs(vdev));
	return 0;
}

/* A session and a log belong to who has opened the device, also when the state stays. */
static void v2_close(struct vfio_device *vdev)
{
	struct v2_device *dev = to_v2(vdev);

	vs_dma_close(&dev->vs);
	mutex_lock(&dev->vs.lock);
	v2_end_session(dev);
	v2_log_forget(dev);
	mutex_unlock(&dev->vs.lock);
	v2_start_over(dev);
}

static long v2_get_region_info(struct v2_device *dev, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info.cap_offset = 0;
	info.offset = (u64)info.index << VS_INDEX_SHIFT;
	info.size = vs_region_size(&dev->vs, info.index);
	info.flags = info.size ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE : 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long v2_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct v2_device *dev = to_v2(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vs_get_info(&dev->vs, (void __user *)arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return v2_get_region_info(dev, (void __user *)arg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vs_get_irq_info((void __user *)arg);
	case VFIO_DEVICE_RESET:
		mutex_lock(&dev->vs.lock);
		v2_reset(dev);
		vs_dma_forget(&dev->vs);
		mutex_unlock(&dev->vs.lock);
		return 0;
	default:
		return -ENOTTY;
	}
}

static const struct vfio_device_ops v2_ops = {
	.name = V2_NAME,
	.init = v2_init,
	.release = v2_release,
	.open_device = v2_open,
	.close_device = v2_close,
	.read = vs_read,
	.write = vs_write,
	.ioctl = v2_ioctl,
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
};

static struct attribute *v2_attrs[] = {
	&vs_attr_fail_next.attr,
	&vs_attr_dma.attr,
	&vs_attr_fill.attr,
	NULL,
};

static const struct attribute_group v2_group = {
	.name = "vfioscope",
	.attrs = v2_attrs,
};

static const struct attribute_group *v2_groups[] = { &v2_group, NULL };

static int v2_probe(struct mdev_device *mdev)
{
	struct v2_device *dev;

	dev = vfio_alloc_device(v2_device, vs.vdev, &mdev->dev, &v2_ops);
	return IS_ERR(dev) ? PTR_ERR(dev) : vs_add(mdev, &dev->vs);
}

static struct mdev_driver v2_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = 8,
	.driver = {
		.name = V2_NAME,
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = v2_groups,
	},
	.probe = v2_probe,
	.remove = vs_remove,
};

static struct mdev_type v2_type = {
	.sysfs_name = "states",
	.pretty_name = "Memory that migrates by the v2 states",
};

static struct vs_parent v2_parent = {
	.driver = &v2_driver,
	.types = { &v2_type },
};

static int __init v2_module_init(void)
{
	if (!vs_is_memory_size(v2_memory_size)) {
		pr_err(V2_NAME ": the memory is whole pages, up to 1 GiB\n");
		return -EINVAL;
	}
	return vs_register(&v2_parent);
}

static void __exit v2_module_exit(void)
{
	vs_unregister(&v2_parent);
}

module_init(v2_module_init)
module_exit(v2_module_exit)

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A mediated device with the VFIO migration states of Linux 5.18 and later");
MODULE_IMPORT_NS(IOMMUFD);
