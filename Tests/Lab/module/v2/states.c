// SPDX-License-Identifier: GPL-2.0-only
/* The migration states: the arcs of enum vfio_device_mig_state, one by one. */

#include <linux/err.h>
#include <linux/file.h>

#include "v2.h"

/* The default state. The memory is left alone: a test compares it after everything else is over. */
void v2_reset(struct v2_device *dev)
{
	v2_catch_up(dev);
	v2_end_session(dev);
	v2_log_forget(dev);
	dev->state = VFIO_DEVICE_STATE_RUNNING;
}

/*
 * Takes one arc. Stopping and running need nothing here, since the state itself is what the
 * heartbeat and the DMA look at. Gives the file of a new session, NULL when the arc begins none, or
 * an error.
 */
static struct file *v2_step(struct v2_device *dev, enum vfio_device_mig_state next)
{
	enum vfio_device_mig_state state = dev->state;
	int ret;

	/*
	 * "Moving between these states [...] does not terminate or otherwise affect the associated
	 * fd."
	 */
	if (v2_is_saving(state) && v2_is_saving(next))
		return NULL;
	if (v2_is_saving(next))
		return v2_open_session(dev, true);
	if (next == VFIO_DEVICE_STATE_RESUMING)
		return v2_open_session(dev, false);

	if (state == VFIO_DEVICE_STATE_RESUMING) {
		ret = v2_finish_load(dev);
		/*
		 * The driver "must fail the SET_STATE ioctl and optionally go to the ERROR state".
		 * Ours goes there: a part of the memory is the new one, so no other state would be
		 * true. mtty, which stays in RESUMING, shows the other choice.
		 */
		if (ret) {
			v2_end_session(dev);
			dev->state = VFIO_DEVICE_STATE_ERROR;
			return ERR_PTR(ret);
		}
	}
	if (v2_is_saving(state) || state == VFIO_DEVICE_STATE_RESUMING)
		v2_end_session(dev);
	return NULL;
}

/* The fault that a test has ordered for the next change of state, before its first arc. */
static int v2_ordered_fault(struct v2_device *dev)
{
	int error = vs_ordered_fault(&dev->vs);

	if (error && dev->vs.fail_to_error) {
		v2_end_session(dev);
		dev->state = VFIO_DEVICE_STATE_ERROR;
	}
	return error;
}

/* Takes the arcs one after the other; when one fails, the state is the last that was reached. */
static struct file *v2_go(struct v2_device *dev, enum vfio_device_mig_state wanted)
{
	enum vfio_device_mig_state next;
	struct file *file = NULL;
	int ret;

	/* The table of the core has no arc out of ERROR, and warns of the question. */
	if (dev->state == VFIO_DEVICE_STATE_ERROR)
		return ERR_PTR(-EIO);
	while (dev->state != wanted) {
		ret = vfio_mig_get_next_state(&dev->vs.vdev, dev->state, wanted, &next);
		if (ret)
			return ERR_PTR(ret);
		ret = v2_ordered_fault(dev);
		if (ret)
			return ERR_PTR(ret);
		file = v2_step(dev, next);
		if (IS_ERR(file))
			return file;
		dev->state = next;
	}
	return file;
}

static struct file *v2_set_state(struct vfio_device *vdev, enum vfio_device_mig_state wanted)
{
	struct v2_device *dev = to_v2(vdev);
	struct file *file;

	mutex_lock(&dev->vs.lock);
	v2_catch_up(dev);
	file = v2_go(dev, wanted);
	mutex_unlock(&dev->vs.lock);
	/* In STOP_COPY even the end is something to read. */
	wake_up_all(&dev->wait);
	return file;
}

static int v2_get_state(struct vfio_device *vdev, enum vfio_device_mig_state *state)
{
	*state = READ_ONCE(to_v2(vdev)->state);
	return 0;
}

static int v2_get_data_size(struct vfio_device *vdev, unsigned long *stop_copy_length)
{
	struct v2_device *dev = to_v2(vdev);

	mutex_lock(&dev->vs.lock);
	v2_catch_up(dev);
	*stop_copy_length = v2_stop_copy_bytes(dev);
	mutex_unlock(&dev->vs.lock);
	return 0;
}

const struct vfio_migration_ops v2_migration_ops = {
	.migration_set_state = v2_set_state,
	.migration_get_state = v2_get_state,
	.migration_get_data_size = v2_get_data_size,
};
