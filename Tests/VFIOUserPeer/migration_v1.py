"""The migration region of 0.9.1 between two servers, by message and through the mapped window."""

import mmap
import struct
from errno import EINVAL

from device import CAP_SPARSE, migration_region
from regions import BAR0_SIZE, read, write
from wire import Command, opened

RUNNING, SAVING, RESUMING = 1, 2, 4
DEVICE_STATE, PENDING_BYTES, DATA_OFFSET, DATA_SIZE = 0, 8, 16, 24


class Region:
    """The registers of one server's migration region."""

    def __init__(self, peer):
        fields, capabilities, self.fds = migration_region(peer)
        self.peer, self.index, self.offset = peer, fields[2], fields[5]
        count, _, self.area, self.area_size = struct.unpack_from("=2I2Q", capabilities[CAP_SPARSE][1])
        assert count == 1, f"{count} areas"

    def get(self, register, form="=Q"):
        return struct.unpack(form, read(self.peer, self.index, register, struct.calcsize(form)))[0]

    def set(self, register, value, form="=Q"):
        write(self.peer, self.index, register, struct.pack(form, value))

    @property
    def state(self):
        return self.get(DEVICE_STATE, "=I")

    @state.setter
    def state(self, value):
        self.set(DEVICE_STATE, value, "=I")

    def window(self):
        return mmap.mmap(self.fds[0], self.area_size, offset=self.offset + self.area)

    def chunks(self, mapped):
        """Reads until nothing is pending."""
        while self.get(PENDING_BYTES):
            offset = self.get(DATA_OFFSET)
            size = self.get(DATA_SIZE)
            if size == 0:
                return
            yield mapped[offset - self.area :][:size] if mapped else read(self.peer, self.index, offset, size)

    def load(self, chunk, mapped):
        offset = self.get(DATA_OFFSET)
        if mapped:
            mapped[offset - self.area : offset - self.area + len(chunk)] = chunk
        else:
            write(self.peer, self.index, offset, chunk)
        self.set(DATA_SIZE, len(chunk))


def save(region, mapped, between=lambda: None):
    region.state = SAVING | RUNNING
    chunks = list(region.chunks(mapped))
    between()
    region.state = SAVING
    chunks += region.chunks(mapped)
    region.state = 0
    return chunks


def migrate(checks, minor, source_path, target_path):
    for mapped in (False, True):
        with opened(source_path, minor) as source, opened(target_path, minor) as target:
            way = "mapped" if mapped else "by message"
            ours, theirs = Region(source), Region(target)
            for peer in (source, target):
                peer.done(Command.DEVICE_RESET)
            checks.equal(f"{way}: a device runs at first", (ours.state, theirs.state), (RUNNING, RUNNING))
            checks.true(f"{way}: the two differ", read(source, 0, 0, 4096) != read(target, 0, 0, 4096))
            windows = [region.window() if mapped else None for region in (ours, theirs)]
            chunks = save(ours, windows[0], lambda: write(source, 0, 8192, b"written in pre-copy"))
            checks.true(f"{way}: saved", sum(map(len, chunks)) > BAR0_SIZE)
            checks.equal(f"{way}: the source is stopped", ours.state, 0)
            theirs.state = RESUMING
            for chunk in chunks:
                theirs.load(chunk, windows[1])
            theirs.state = RUNNING
            checks.equal(f"{way}: the target runs", theirs.state, RUNNING)
            checks.true(f"{way}: the same memory",
                        read(source, 0, 0, BAR0_SIZE) == read(target, 0, 0, BAR0_SIZE))
            checks.equal(f"{way}: with what was written in pre-copy", read(target, 0, 8192, 19), b"written in pre-copy")
            again = [b"".join(save(region, window)) for region, window in zip((ours, theirs), windows)]
            checks.true(f"{way}: saved again, equal bytes", again[0] == again[1])
    with opened(source_path, minor) as peer:
        region = Region(peer)
        peer.done(Command.DEVICE_RESET)

        def refused(offset, data, write=True):
            request = struct.pack("=QII", offset, region.index, len(data)) + (data if write else b"")
            return peer.refused(Command.REGION_WRITE if write else Command.REGION_READ, request)

        for what, got in [
            ("a state of 2 bytes", refused(DEVICE_STATE, b"\0\0")),
            ("pending_bytes of 4 bytes", refused(PENDING_BYTES, b"\0" * 4, write=False)),
            ("all registers at once", refused(0, b"\0" * 32, write=False)),
            ("pending_bytes written", refused(PENDING_BYTES, b"\0" * 8)),
            ("data_offset written", refused(DATA_OFFSET, b"\0" * 8)),
            ("state 6", refused(DEVICE_STATE, struct.pack("=I", 6))),
            ("state 5", refused(DEVICE_STATE, struct.pack("=I", 5))),
            ("state 8", refused(DEVICE_STATE, struct.pack("=I", 8))),
            ("data_size written while it runs", refused(DATA_SIZE, b"\0" * 8)),
        ]:
            checks.refused(what, got, EINVAL)
        checks.equal("the state is as before", region.state, RUNNING)
        region.state = RESUMING
        checks.refused("a chunk larger than the window", refused(DATA_SIZE, struct.pack("=Q", 1 << 40)), EINVAL)
        peer.done(Command.DEVICE_RESET)
        checks.equal("DEVICE_RESET: it runs", region.state, RUNNING)
    with opened(source_path, minor) as peer:
        Region(peer).state = 0
    with opened(source_path, minor) as peer:
        checks.equal("the state outlives a client", Region(peer).state, 0)
        peer.done(Command.DEVICE_RESET)
