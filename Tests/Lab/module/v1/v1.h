/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the module share: the device, and the stream it saves and resumes. */
#ifndef VFIOSCOPE_V1_H
#define VFIOSCOPE_V1_H

#include "../common/common.h"

#define V1_NAME			"vfioscope_v1"
#define V1_WINDOW_MAX		SZ_32M

/* The first index that is the driver's own; clients have to find it by its type, not by this. */
#define V1_MIGRATION_INDEX	VFIO_PCI_NUM_REGIONS
#define V1_NUM_REGIONS		(VFIO_PCI_NUM_REGIONS + 1)

/* The window can be mapped, so it starts at a page: registers and data share none. */
#define V1_DATA_OFFSET		PAGE_SIZE

#define V1_STATE_ERROR	/* 110b */ \
	(VFIO_DEVICE_STATE_V1_SAVING | VFIO_DEVICE_STATE_V1_RESUMING)

/* The parameters, see main.c. */
extern unsigned int v1_memory_size;
extern unsigned int v1_chunk_size;
extern unsigned int v1_window_size;
extern unsigned int v1_dirty_ms;

/*
 * The stream. Each chunk in the window is exactly one record: a client that cuts or joins chunks
 * breaks "the same transaction size at the source", and the device notices.
 */
#define V1_MAGIC		0x31764656	/* "VFv1" */

enum v1_kind {
	V1_HEADER = 1,		/* first; payload: the memory's size, 4 bytes */
	V1_BLOCK,		/* a piece of memory */
	V1_TRAILER,		/* last of a complete stream; no payload */
};

struct v1_record {
	__le32 magic;
	__le32 kind;
	__le32 sequence;	/* counts from 0 */
	__le32 offset;		/* in the device's memory */
	__le32 length;		/* of the payload */
	__le32 checksum;	/* CRC-32 of the stream up to here, without its checksums */
};

/*
 * A chunk is acknowledged by reading pending_bytes, but only after data_size was read: who has not
 * asked how long the chunk is cannot have taken it.
 */
enum v1_chunk { V1_CHUNK_NONE, V1_CHUNK_STAGED, V1_CHUNK_TAKEN };

/* One pass of saving or resuming; all zero at its start. */
struct v1_session {
	u32 sequence;
	u32 checksum;
	bool header;		/* was sent or received */
	bool complete;		/* the last record was a trailer */
	bool broken;		/* received something that is no record of ours */
	enum v1_chunk chunk;
	u32 chunk_bytes;
};

/* The lock does not keep a user from changing the contents of the window's mapped pages. */
struct v1_device {
	struct vs_device vs;
	u32 state;
	struct v1_session session;
	struct vs_pass pass;	/* by blocks of chunk_size bytes */
	void *window;
};

static inline struct v1_device *to_v1(struct vfio_device *vdev)
{
	return container_of(vdev, struct v1_device, vs.vdev);
}

/* stream.c: all with the lock held */
void v1_catch_up(struct v1_device *dev);
void v1_touch(struct v1_device *dev, u64 offset, u64 count);
void v1_start_session(struct v1_device *dev);
void v1_stage(struct v1_device *dev);
u64 v1_pending(struct v1_device *dev);
int v1_consume(struct v1_device *dev, u64 size);

/* registers.c: with the lock held */
void v1_reset(struct v1_device *dev);
ssize_t v1_register_to_user(struct v1_device *dev, char __user *buf, size_t count, u64 offset);
ssize_t v1_register_from_user(struct v1_device *dev, const char __user *buf, size_t count,
			      u64 offset);

/* regions.c: the calls of struct vfio_device_ops */
ssize_t v1_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos);
ssize_t v1_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos);
int v1_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);

/* info.c */
long v1_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);

#endif
