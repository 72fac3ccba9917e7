// SPDX-License-Identifier: GPL-2.0-only
/* The device's memory, and how it goes through the data window, chunk by chunk. */

#include <linux/crc32.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "v1.h"

void v1_touch(struct v1_device *dev, u64 offset, u64 count)
{
	vs_pass_touch(&dev->pass, div_u64(offset, v1_chunk_size),
		      div_u64(offset + count - 1, v1_chunk_size));
}

/* Make up for the heartbeats since the last look. */
void v1_catch_up(struct v1_device *dev)
{
	u64 beats = vs_beats(&dev->vs, READ_ONCE(v1_dirty_ms));

	if (!beats)
		return;
	*(u64 *)dev->vs.memory += beats;
	v1_touch(dev, 0, sizeof(u64));
}

/* Saving */

static u32 v1_checksum(u32 sum, const struct v1_record *record, const void *payload, u32 length)
{
	sum = crc32_le(sum, (const u8 *)record, offsetof(struct v1_record, checksum));
	return crc32_le(sum, payload, length);
}

static void v1_put_record(struct v1_device *dev, enum v1_kind kind, u32 offset,
			  const void *payload, u32 length)
{
	struct v1_session *session = &dev->session;
	struct v1_record record = {
		.magic = cpu_to_le32(V1_MAGIC),
		.kind = cpu_to_le32(kind),
		.sequence = cpu_to_le32(session->sequence++),
		.offset = cpu_to_le32(offset),
		.length = cpu_to_le32(length),
	};

	session->checksum = v1_checksum(session->checksum, &record, payload, length);
	record.checksum = cpu_to_le32(session->checksum);
	memcpy(dev->window, &record, sizeof(record));
	memcpy(dev->window + sizeof(record), payload, length);
	session->chunk = V1_CHUNK_STAGED;
	session->chunk_bytes = sizeof(record) + length;
}

/* Put the next chunk into the window, if there is one: the effect of reading data_offset. */
void v1_stage(struct v1_device *dev)
{
	struct v1_session *session = &dev->session;
	unsigned int block;

	if (!session->header) {
		__le32 size = cpu_to_le32(v1_memory_size);

		session->header = true;
		v1_put_record(dev, V1_HEADER, 0, &size, sizeof(size));
	} else if (vs_pass_next(&dev->pass, 1, &block)) {
		u32 offset = block * v1_chunk_size;

		session->complete = false;
		v1_put_record(dev, V1_BLOCK, offset, dev->vs.memory + offset,
			      min_t(u32, v1_chunk_size, v1_memory_size - offset));
	} else if (dev->state == VFIO_DEVICE_STATE_V1_SAVING && !session->complete) {
		session->complete = true;
		v1_put_record(dev, V1_TRAILER, 0, NULL, 0);
	}
}

u64 v1_pending(struct v1_device *dev)
{
	struct v1_session *session = &dev->session;
	u64 pending = (u64)vs_pass_left(&dev->pass) *
		      (sizeof(struct v1_record) + v1_chunk_size);

	if (!session->header)
		pending += sizeof(struct v1_record) + sizeof(__le32);
	if (session->chunk == V1_CHUNK_STAGED)
		pending += session->chunk_bytes;
	if (dev->state == VFIO_DEVICE_STATE_V1_SAVING && !session->complete)
		pending += sizeof(struct v1_record);
	return pending;
}

/* Resuming */

static bool v1_has_sound_content(struct v1_device *dev, const struct v1_record *record)
{
	bool started = dev->session.header;
	u32 length = le32_to_cpu(record->length);
	u32 offset = le32_to_cpu(record->offset);

	switch (le32_to_cpu(record->kind)) {
	case V1_HEADER:
		return !started && length == sizeof(__le32) &&
		       le32_to_cpup(dev->window + sizeof(*record)) == v1_memory_size;
	case V1_BLOCK:
		return started && offset <= v1_memory_size && length <= v1_memory_size - offset;
	case V1_TRAILER:
		return started && !length;
	default:
		return false;
	}
}

/* Whether this is the record that comes next. Its payload is in the window, right behind it. */
static bool v1_is_next_record(struct v1_device *dev, const struct v1_record *record, u64 size)
{
	u32 length = le32_to_cpu(record->length);

	return size >= sizeof(*record) && size - sizeof(*record) == length &&
	       le32_to_cpu(record->magic) == V1_MAGIC &&
	       le32_to_cpu(record->sequence) == dev->session.sequence &&
	       le32_to_cpu(record->checksum) ==
		       v1_checksum(dev->session.checksum, record,
				   dev->window + sizeof(*record), length) &&
	       v1_has_sound_content(dev, record);
}

/*
 * Take a chunk out of the window: the effect of writing data_size. A bad one is reported at once,
 * which is as near to its discovery as it gets, and again when _RESUMING is left.
 */
int v1_consume(struct v1_device *dev, u64 size)
{
	struct v1_session *session = &dev->session;
	struct v1_record record;
	u32 kind;

	if (size > v1_window_size)
		return -EINVAL;
	/* A mapped window can change under us: the length that was checked must be the one used. */
	memcpy(&record, dev->window, sizeof(record));
	if (session->broken || !v1_is_next_record(dev, &record, size)) {
		session->broken = true;
		return -EINVAL;
	}
	kind = le32_to_cpu(record.kind);
	if (kind == V1_BLOCK)
		memcpy(dev->vs.memory + le32_to_cpu(record.offset),
		       dev->window + sizeof(record), le32_to_cpu(record.length));
	session->header = true;
	session->complete = kind == V1_TRAILER;
	session->checksum = le32_to_cpu(record.checksum);
	session->sequence++;
	return 0;
}

/* Every pass begins empty: all of the memory is still to be sent, nothing has arrived. */
void v1_start_session(struct v1_device *dev)
{
	memset(&dev->session, 0, sizeof(dev->session));
	memset(dev->window, 0, v1_window_size);
	vs_pass_start(&dev->pass);
}
