// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resuming: the records are taken as they come, in pieces of any size, and straight into the
 * memory.
 */

#include <linux/uaccess.h>

#include "v2.h"

/* Whether the header that is complete now is that of the record that comes next. */
static bool v2_is_next_record(struct v2_device *dev)
{
	struct v2_stream *stream = &dev->stream;
	u32 offset = le32_to_cpu(stream->record.offset);
	u32 length = le32_to_cpu(stream->record.length);

	if (le32_to_cpu(stream->record.magic) != V2_MAGIC ||
	    le32_to_cpu(stream->record.sequence) != stream->sequence ||
	    le32_to_cpu(stream->record.checksum) != v2_checksum(dev))
		return false;
	switch (le32_to_cpu(stream->record.kind)) {
	case V2_HEADER:
		return !stream->header && length == sizeof(stream->hello);
	case V2_BLOCKS:
		return stream->header && offset <= v2_memory_size &&
		       length <= v2_memory_size - offset;
	case V2_TRAILER:
		return stream->header && !length;
	default:
		return false;
	}
}

static bool v2_is_our_hello(const struct v2_hello *hello)
{
	return le32_to_cpu(hello->memory_size) == v2_memory_size &&
	       !(le32_to_cpu(hello->flags) & ~V2_HELLO_FLAGS);
}

/* Some bytes of the record have arrived: looks at it when its header or all of it is there. */
static bool v2_arrived(struct v2_device *dev)
{
	struct v2_stream *stream = &dev->stream;
	const u32 header = sizeof(stream->record);

	if (stream->done == header) {
		if (!v2_is_next_record(dev))
			return false;
		stream->checksum = le32_to_cpu(stream->record.checksum);
		stream->sequence++;
	}
	if (stream->done < header || stream->done - header < le32_to_cpu(stream->record.length))
		return true;

	if (!stream->header && !v2_is_our_hello(&stream->hello))
		return false;
	stream->header = true;
	stream->complete = le32_to_cpu(stream->record.kind) == V2_TRAILER;
	stream->done = 0;
	return true;
}

/*
 * A fault is reported at once, which is as near to its discovery as it gets, and again when
 * RESUMING is left. Nothing may follow the trailer.
 */
ssize_t v2_load(struct v2_device *dev, const char __user *buf, size_t count)
{
	struct v2_stream *stream = &dev->stream;
	size_t done = 0;
	void *to;
	u32 size;

	while (done < count) {
		if (stream->broken || stream->complete) {
			stream->broken = true;
			return -EINVAL;
		}
		to = v2_rest(dev, &size);
		size = min_t(size_t, size, count - done);
		if (copy_from_user(to, buf + done, size))
			return done ?: -EFAULT;
		v2_went(dev, to, size);
		done += size;
		stream->broken = !v2_arrived(dev);
	}
	return stream->broken ? -EINVAL : done;
}

/*
 * Leaving RESUMING. No data is a load of nothing: the memory is as it was. (mtty refuses it.) Half
 * of the data is no state that could run.
 */
int v2_finish_load(struct v2_device *dev)
{
	struct v2_stream *stream = &dev->stream;
	bool nothing = !stream->header && !stream->done;

	return stream->broken || !(stream->complete || nothing) ? -EINVAL : 0;
}
