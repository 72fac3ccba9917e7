// SPDX-License-Identifier: GPL-2.0-only
/* The registers of struct vfio_device_migration_info and the state machine behind the first. */

#include <linux/align.h>
#include <linux/uaccess.h>

#include "v1.h"

/* The default state. The memory is left alone: a test compares it after everything else is over. */
void v1_reset(struct v1_device *dev)
{
	v1_catch_up(dev);
	v1_start_session(dev);
	dev->state = VFIO_DEVICE_STATE_V1_RUNNING;
}

/* The fault that a test has ordered for this transition, or 0. It happens once. */
static int v1_ordered_fault(struct v1_device *dev)
{
	int error = vs_ordered_fault(&dev->vs);

	if (error && dev->vs.fail_to_error)
		dev->state = V1_STATE_ERROR;
	return error;
}

/* Leaving _RESUMING: no data is a load of nothing; half of the data is a broken device. */
static int v1_finish_load(struct v1_device *dev)
{
	struct v1_session *session = &dev->session;

	if (session->broken || (session->header && !session->complete)) {
		dev->state = V1_STATE_ERROR;
		return -EINVAL;
	}
	return 0;
}

/*
 * Any valid state can follow any other: that is more than the documentation draws, but nothing in
 * it is forbidden. Only a reset leads out of the error state.
 */
static int v1_set_state(struct v1_device *dev, u32 state)
{
	u32 old = dev->state;
	int ret;

	if (old == V1_STATE_ERROR)
		return -EIO;
	if ((state & ~VFIO_DEVICE_STATE_MASK) || !VFIO_DEVICE_STATE_VALID(state))
		return -EINVAL;
	if (state == old)
		return 0;
	v1_catch_up(dev);
	ret = v1_ordered_fault(dev);
	if (!ret && (old & VFIO_DEVICE_STATE_V1_RESUMING))
		ret = v1_finish_load(dev);
	if (ret)
		return ret;

	/* Between pre-copy and stop-and-copy the session goes on; all else starts a new one. */
	if (!(old & state & VFIO_DEVICE_STATE_V1_SAVING))
		v1_start_session(dev);
	dev->state = state;
	return 0;
}

static int v1_read_register(struct v1_device *dev, u64 offset, u64 *value)
{
	struct v1_session *session = &dev->session;
	bool saving = dev->state != V1_STATE_ERROR &&
		      (dev->state & VFIO_DEVICE_STATE_V1_SAVING);

	switch (offset) {
	case offsetof(struct vfio_device_migration_info, device_state):
		*value = dev->state;
		return 0;
	case offsetof(struct vfio_device_migration_info, reserved):
		*value = 0;
		return 0;
	case offsetof(struct vfio_device_migration_info, pending_bytes):
		v1_catch_up(dev);
		if (session->chunk == V1_CHUNK_TAKEN)
			session->chunk = V1_CHUNK_NONE;
		*value = saving ? v1_pending(dev) : 0;
		return 0;
	case offsetof(struct vfio_device_migration_info, data_offset):
		if (saving && session->chunk == V1_CHUNK_NONE)
			v1_stage(dev);
		*value = V1_DATA_OFFSET;
		return 0;
	case offsetof(struct vfio_device_migration_info, data_size):
		if (session->chunk == V1_CHUNK_STAGED)
			session->chunk = V1_CHUNK_TAKEN;
		*value = session->chunk == V1_CHUNK_NONE ? 0 : session->chunk_bytes;
		return 0;
	default:
		return -EINVAL;
	}
}

static int v1_write_register(struct v1_device *dev, u64 offset, u64 value)
{
	switch (offset) {
	case offsetof(struct vfio_device_migration_info, device_state):
		return v1_set_state(dev, value);
	case offsetof(struct vfio_device_migration_info, reserved):
		return 0;
	case offsetof(struct vfio_device_migration_info, data_size):
		if (dev->state != VFIO_DEVICE_STATE_V1_RESUMING)
			return -EINVAL;
		return v1_consume(dev, value);
	default:
		return -EINVAL;
	}
}

/* Registers have one width each; anything else is undefined, and undefined should be an error. */
static bool v1_is_register(u64 offset, size_t count)
{
	return count == (offset < sizeof(u64) ? sizeof(u32) : sizeof(u64)) &&
	       IS_ALIGNED(offset, count) && offset < sizeof(struct vfio_device_migration_info);
}

ssize_t v1_register_to_user(struct v1_device *dev, char __user *buf, size_t count, u64 offset)
{
	u64 value;
	u32 half;
	int ret;

	if (!v1_is_register(offset, count))
		return -EINVAL;
	ret = v1_read_register(dev, offset, &value);
	if (ret)
		return ret;
	half = value;
	if (copy_to_user(buf, count == sizeof(half) ? (void *)&half : &value, count))
		return -EFAULT;
	return count;
}

ssize_t v1_register_from_user(struct v1_device *dev, const char __user *buf, size_t count,
			      u64 offset)
{
	u64 value;
	u32 half;
	int ret;

	if (!v1_is_register(offset, count))
		return -EINVAL;
	if (copy_from_user(count == sizeof(half) ? (void *)&half : &value, buf, count))
		return -EFAULT;
	ret = v1_write_register(dev, offset, count == sizeof(half) ? half : value);
	return ret ?: count;
}
