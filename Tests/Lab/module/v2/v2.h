/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the module share: the device, the stream that it saves and resumes, its log of
 * DMA.
 */
#ifndef VFIOSCOPE_V2_H
#define VFIOSCOPE_V2_H

#include <linux/mm.h>
#include <linux/wait.h>

#include "../common/common.h"

#define V2_NAME			"vfioscope_v2"
#define V2_BLOCK_SIZE		PAGE_SIZE
#define V2_RECORD_BLOCKS	256	/* in one record: a fault is found within a MiB */

/* The parameters, see main.c. */
extern unsigned int v2_memory_size;
extern unsigned int v2_dirty_ms;
extern unsigned int v2_dirty_pages;
extern bool v2_checksum_payload;

/*
 * The stream is a row of records, each with its payload behind it. A read or a write may end
 * anywhere: "The user is not required to preserve buffer segmentation".
 */
#define V2_MAGIC		0x32764656	/* "VFv2" */

enum v2_kind {
	V2_HEADER = 1,		/* first; payload: struct v2_hello */
	V2_BLOCKS,		/* a piece of memory */
	V2_TRAILER,		/* last of a complete stream; no payload */
};

struct v2_record {
	__le32 magic;
	__le32 kind;
	__le32 sequence;	/* counts from 0 */
	__le32 offset;		/* in the device's memory */
	__le32 length;		/* of the payload */
	__le32 checksum;	/* CRC-32 of the stream up to here, without its checksums */
};

struct v2_hello {
	__le32 memory_size;
	__le32 flags;
};

#define V2_HELLO_PAYLOAD	1	/* the checksums cover the memory too, not only all else */
#define V2_HELLO_FLAGS		V2_HELLO_PAYLOAD

/*
 * One pass of saving or resuming; all zero at its start. It belongs to the device, not to the data
 * fd: what was loaded stays loaded when the user closes the fd before the state is changed.
 */
struct v2_stream {
	u32 sequence;
	u32 checksum;
	bool header;		/* was sent or received */
	bool complete;		/* the trailer was begun */
	bool broken;		/* received something that is no record of ours */
	bool underway;		/* sending: the record below is not all sent */
	bool initial;		/* it is of the first pass over the memory */
	u32 done;		/* bytes of it that went, with its payload */
	struct v2_record record;
	struct v2_hello hello;
};

/* The log of DMA: a bit for each page of each range, as the user has asked for them. */
struct v2_range {
	u64 first;
	u64 last;		/* this one is in it */
	unsigned long *pages;
};

struct v2_log {
	u32 count;		/* 0 is no log */
	unsigned int shift;	/* of its page size */
	struct v2_range *ranges;
};

struct v2_device {
	struct vs_device vs;
	enum vfio_device_mig_state state;
	struct file *file;	/* the session's data fd, without a reference; or NULL */
	struct v2_stream stream;
	struct vs_pass pass;	/* by blocks of V2_BLOCK_SIZE bytes */
	struct v2_log log;
	wait_queue_head_t wait;	/* for more to read in pre-copy */
	struct delayed_work beat;	/* wakes them when the memory changes next */
};

static inline struct v2_device *to_v2(struct vfio_device *vdev)
{
	return container_of(vdev, struct v2_device, vs.vdev);
}

static inline bool v2_is_pre_copy(enum vfio_device_mig_state state)
{
	return state == VFIO_DEVICE_STATE_PRE_COPY || state == VFIO_DEVICE_STATE_PRE_COPY_P2P;
}

static inline bool v2_is_saving(enum vfio_device_mig_state state)
{
	return state == VFIO_DEVICE_STATE_STOP_COPY || v2_is_pre_copy(state);
}

/* states.c: the calls of struct vfio_migration_ops; reset with the lock held */
extern const struct vfio_migration_ops v2_migration_ops;
void v2_reset(struct v2_device *dev);

/* session.c: with the lock held */
struct file *v2_open_session(struct v2_device *dev, bool saving);
void v2_end_session(struct v2_device *dev);
void v2_beat_work(struct work_struct *work);

/* save.c: with the lock held */
void v2_catch_up(struct v2_device *dev);
void v2_touch(struct v2_device *dev, u64 offset, u64 count);
void *v2_rest(struct v2_device *dev, u32 *size);
void v2_went(struct v2_device *dev, const void *bytes, u32 size);
u32 v2_checksum(struct v2_device *dev);
bool v2_has_more(struct v2_device *dev);
ssize_t v2_save(struct v2_device *dev, char __user *buf, size_t count);
u64 v2_initial_bytes(struct v2_device *dev);
u64 v2_dirty_bytes(struct v2_device *dev);
u64 v2_stop_copy_bytes(struct v2_device *dev);

/* load.c: with the lock held */
ssize_t v2_load(struct v2_device *dev, const char __user *buf, size_t count);
int v2_finish_load(struct v2_device *dev);

/* log.c: the calls of struct vfio_log_ops; mark and forget with the lock held */
extern const struct vfio_log_ops v2_log_ops;
void v2_log_mark(struct v2_device *dev, u64 iova, u64 count);
void v2_log_forget(struct v2_device *dev);

#endif
