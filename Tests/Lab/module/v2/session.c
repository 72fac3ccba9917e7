// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data fd of a session. It can live longer than the session: then the device does not know its
 * file any more, and every call is answered by ENODEV. It keeps the device's memory alive, not the
 * device open.
 */

#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "v2.h"

static ssize_t v2_session_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct v2_device *dev = file->private_data;
	ssize_t done = -ENODEV;

	if (pos)
		return -ESPIPE;
	mutex_lock(&dev->vs.lock);
	if (dev->file == file)
		done = v2_save(dev, buf, count);
	mutex_unlock(&dev->vs.lock);
	return done;
}

static ssize_t v2_session_write(struct file *file, const char __user *buf, size_t count,
				loff_t *pos)
{
	struct v2_device *dev = file->private_data;
	ssize_t done = -ENODEV;

	if (pos)
		return -ESPIPE;
	mutex_lock(&dev->vs.lock);
	if (dev->file == file)
		done = v2_load(dev, buf, count);
	mutex_unlock(&dev->vs.lock);
	return done;
}

static int v2_precopy_info(struct v2_device *dev, struct file *file, struct vfio_precopy_info *info)
{
	if (dev->file != file)
		return -ENODEV;
	if (!v2_is_pre_copy(dev->state))
		return -EINVAL;
	v2_catch_up(dev);
	info->flags = 0;
	info->initial_bytes = v2_initial_bytes(dev);
	info->dirty_bytes = v2_dirty_bytes(dev);
	return 0;
}

static long v2_session_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct v2_device *dev = file->private_data;
	struct vfio_precopy_info info;
	int ret;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	mutex_lock(&dev->vs.lock);
	ret = v2_precopy_info(dev, file, &info);
	mutex_unlock(&dev->vs.lock);
	if (ret)
		return ret;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

/* Only wakes who waits: they ask again, and that makes up for the time that passed. */
void v2_beat_work(struct work_struct *work)
{
	struct v2_device *dev = container_of(to_delayed_work(work), struct v2_device, beat);

	wake_up_all(&dev->wait);
}

static __poll_t v2_session_poll(struct file *file, struct poll_table_struct *table)
{
	struct v2_device *dev = file->private_data;
	unsigned int period = READ_ONCE(v2_dirty_ms);
	__poll_t ready = 0;

	poll_wait(file, &dev->wait, table);
	mutex_lock(&dev->vs.lock);
	v2_catch_up(dev);
	if (dev->file != file)
		ready = EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	else if (dev->state == VFIO_DEVICE_STATE_STOP_COPY || v2_has_more(dev))
		ready = EPOLLIN | EPOLLRDNORM;
	else if (period)
		mod_delayed_work(system_wq, &dev->beat, msecs_to_jiffies(period) + 1);
	mutex_unlock(&dev->vs.lock);
	return ready;
}

static int v2_session_release(struct inode *inode, struct file *file)
{
	struct v2_device *dev = file->private_data;

	mutex_lock(&dev->vs.lock);
	if (dev->file == file)
		dev->file = NULL;
	mutex_unlock(&dev->vs.lock);
	put_device(&dev->vs.vdev.device);
	return 0;
}

static const struct file_operations v2_save_fops = {
	.owner = THIS_MODULE,
	.read = v2_session_read,
	.poll = v2_session_poll,
	.unlocked_ioctl = v2_session_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = v2_session_release,
};

static const struct file_operations v2_load_fops = {
	.owner = THIS_MODULE,
	.write = v2_session_write,
	.release = v2_session_release,
};

/* Every session begins empty: all of the memory is still to be sent, nothing has arrived. */
struct file *v2_open_session(struct v2_device *dev, bool saving)
{
	struct file *file;

	file = anon_inode_getfile(V2_NAME, saving ? &v2_save_fops : &v2_load_fops, dev,
				  saving ? O_RDONLY : O_WRONLY);
	if (IS_ERR(file))
		return file;
	get_device(&dev->vs.vdev.device);
	stream_open(file->f_inode, file);
	memset(&dev->stream, 0, sizeof(dev->stream));
	vs_pass_start(&dev->pass);
	dev->file = file;
	return file;
}

void v2_end_session(struct v2_device *dev)
{
	dev->file = NULL;
	wake_up_all(&dev->wait);
}
