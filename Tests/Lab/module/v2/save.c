// SPDX-License-Identifier: GPL-2.0-only
/* The device's memory, and how it goes out as records, by as many bytes as are asked for. */

#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/math.h>
#include <linux/uaccess.h>

#include "v2.h"

void v2_touch(struct v2_device *dev, u64 offset, u64 count)
{
	vs_pass_touch(&dev->pass, offset / V2_BLOCK_SIZE, (offset + count - 1) / V2_BLOCK_SIZE);
}

/* Make up for the heartbeats since the last look. */
void v2_catch_up(struct v2_device *dev)
{
	u64 beats = vs_beats(&dev->vs, READ_ONCE(v2_dirty_ms));
	unsigned int pages = min(READ_ONCE(v2_dirty_pages), dev->pass.blocks);
	unsigned int page;

	if (!beats || !pages)
		return;
	for (page = 0; page < pages; page++)
		*(u64 *)(dev->vs.memory + page * PAGE_SIZE) += beats;
	v2_touch(dev, 0, pages * PAGE_SIZE);
}

/* The record under way, in either direction */

static u32 v2_kind(struct v2_device *dev)
{
	return le32_to_cpu(dev->stream.record.kind);
}

/* What is still to go of it in one piece: the rest of its header, else that of its payload. */
void *v2_rest(struct v2_device *dev, u32 *size)
{
	struct v2_stream *stream = &dev->stream;
	u32 offset = stream->done - sizeof(stream->record);

	if (stream->done < sizeof(stream->record)) {
		*size = sizeof(stream->record) - stream->done;
		return (void *)&stream->record + stream->done;
	}
	*size = le32_to_cpu(stream->record.length) - offset;
	if (v2_kind(dev) == V2_HEADER)
		return (void *)&stream->hello + offset;
	return dev->vs.memory + le32_to_cpu(stream->record.offset) + offset;
}

/*
 * Some of the rest went. Only what has no checksum of its own is counted into that of the stream.
 */
void v2_went(struct v2_device *dev, const void *bytes, u32 size)
{
	struct v2_stream *stream = &dev->stream;
	bool payload = stream->done >= sizeof(stream->record);

	stream->done += size;
	if (payload && (v2_kind(dev) == V2_HEADER ||
			(le32_to_cpu(stream->hello.flags) & V2_HELLO_PAYLOAD)))
		stream->checksum = crc32_le(stream->checksum, bytes, size);
}

/* The checksum that its header has to have. */
u32 v2_checksum(struct v2_device *dev)
{
	return crc32_le(dev->stream.checksum, (const u8 *)&dev->stream.record,
			offsetof(struct v2_record, checksum));
}

/* Saving */

static void v2_begin(struct v2_device *dev, enum v2_kind kind, u32 offset, u32 length)
{
	struct v2_stream *stream = &dev->stream;

	stream->record = (struct v2_record) {
		.magic = cpu_to_le32(V2_MAGIC),
		.kind = cpu_to_le32(kind),
		.sequence = cpu_to_le32(stream->sequence++),
		.offset = cpu_to_le32(offset),
		.length = cpu_to_le32(length),
	};
	stream->checksum = v2_checksum(dev);
	stream->record.checksum = cpu_to_le32(stream->checksum);
	stream->done = 0;
	stream->underway = true;
}

/*
 * Begins the next record, if there is one. What is behind it may still change; then it is sent
 * again.
 */
static bool v2_begin_next(struct v2_device *dev)
{
	struct v2_stream *stream = &dev->stream;
	unsigned int block, count;

	if (!stream->header) {
		stream->header = true;
		stream->initial = true;
		stream->hello.memory_size = cpu_to_le32(v2_memory_size);
		if (READ_ONCE(v2_checksum_payload))
			stream->hello.flags = cpu_to_le32(V2_HELLO_PAYLOAD);
		v2_begin(dev, V2_HEADER, 0, sizeof(stream->hello));
		return true;
	}
	stream->initial = dev->pass.first < dev->pass.blocks;
	count = vs_pass_next(&dev->pass, V2_RECORD_BLOCKS, &block);
	if (count) {
		v2_begin(dev, V2_BLOCKS, block * V2_BLOCK_SIZE, count * V2_BLOCK_SIZE);
		return true;
	}
	if (dev->state != VFIO_DEVICE_STATE_STOP_COPY || stream->complete)
		return false;
	stream->complete = true;
	v2_begin(dev, V2_TRAILER, 0, 0);
	return true;
}

bool v2_has_more(struct v2_device *dev)
{
	return dev->stream.underway || !dev->stream.header || vs_pass_left(&dev->pass);
}

/* As much as there is now, up to count; with nothing it is the end, in pre-copy that for now. */
ssize_t v2_save(struct v2_device *dev, char __user *buf, size_t count)
{
	struct v2_stream *stream = &dev->stream;
	size_t done = 0;
	void *from;
	u32 size;

	v2_catch_up(dev);
	while (done < count && (stream->underway || v2_begin_next(dev))) {
		from = v2_rest(dev, &size);
		size = min_t(size_t, size, count - done);
		if (copy_to_user(buf + done, from, size))
			return done ?: -EFAULT;
		v2_went(dev, from, size);
		done += size;
		stream->underway = stream->done <
				   sizeof(stream->record) + le32_to_cpu(stream->record.length);
	}
	return !done && count && v2_is_pre_copy(dev->state) ? -ENOMSG : done;
}

/* Counting what is left, to the byte */

static u64 v2_underway_bytes(struct v2_stream *stream, bool initial)
{
	if (!stream->underway || stream->initial != initial)
		return 0;
	return sizeof(stream->record) + le32_to_cpu(stream->record.length) - stream->done;
}

static u64 v2_blocks_bytes(u64 blocks)
{
	u64 records = DIV_ROUND_UP_ULL(blocks, V2_RECORD_BLOCKS);

	return blocks * V2_BLOCK_SIZE + records * sizeof(struct v2_record);
}

/* What the device has to send however little changes. */
u64 v2_initial_bytes(struct v2_device *dev)
{
	u64 bytes = v2_underway_bytes(&dev->stream, true);

	if (!dev->stream.header)
		bytes += sizeof(struct v2_record) + sizeof(struct v2_hello);
	return bytes + v2_blocks_bytes(dev->pass.blocks - dev->pass.first);
}

/* What has changed since it was sent. */
u64 v2_dirty_bytes(struct v2_device *dev)
{
	u64 bytes = v2_underway_bytes(&dev->stream, false);
	unsigned int start, end;

	for_each_set_bitrange(start, end, dev->pass.bits, dev->pass.blocks)
		bytes += v2_blocks_bytes(end - start);
	return bytes;
}

/* What could still be read if the device were stopped now. */
u64 v2_stop_copy_bytes(struct v2_device *dev)
{
	u64 bytes = sizeof(struct v2_record);

	if (!v2_is_saving(dev->state))
		return 2 * bytes + sizeof(struct v2_hello) + v2_blocks_bytes(dev->pass.blocks);
	if (dev->stream.complete)
		bytes = 0;
	return bytes + v2_initial_bytes(dev) + v2_dirty_bytes(dev);
}
