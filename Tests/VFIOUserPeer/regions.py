"""Reading and writing regions by message, and reset."""

import struct
from errno import EINVAL

from wire import Command, opened

ACCESS = struct.Struct("=QII")
CONFIG = 7
BAR0_SIZE = 512 << 10
MAX = 1 << 20


def read(peer, region, offset, count):
    reply = peer.done(Command.REGION_READ, ACCESS.pack(offset, region, count))
    assert reply.payload[:16] == ACCESS.pack(offset, region, count), "the reply does not repeat the access"
    return reply.payload[16:]


def write(peer, region, offset, data):
    return peer.done(Command.REGION_WRITE, ACCESS.pack(offset, region, len(data)) + data).payload


def regions(checks, minor, path):
    with opened(path, minor) as peer:
        identity = struct.pack("=HH", 0x5649, minor)
        checks.equal("config space: vendor and device", read(peer, CONFIG, 0, 4), identity)
        checks.equal("config space: all of it", read(peer, CONFIG, 0, 256)[:4], identity)
        for width in (1, 2, 4, 8):
            checks.equal(f"config space: {width} bytes", len(read(peer, CONFIG, 8, width)), width)
        checks.equal("REGION_WRITE: the access comes back", write(peer, CONFIG, 4, b"\x06\x00"),
                     ACCESS.pack(4, CONFIG, 2))
        checks.equal("config space: the command register is kept", read(peer, CONFIG, 4, 2), b"\x06\x00")
        write(peer, CONFIG, 0, b"\xff\xff")
        checks.equal("config space: the vendor can't be written", read(peer, CONFIG, 0, 2), b"\x49\x56")
        checks.equal("config space: INTA", read(peer, CONFIG, 0x3D, 1), b"\x01")
        write(peer, CONFIG, 0x10, b"\xff" * 8)
        bar = struct.unpack("=Q", read(peer, CONFIG, 0x10, 8))[0]
        checks.equal("config space: BAR0 tells its size", (~(bar & ~0xF) & ((1 << 64) - 1)) + 1, BAR0_SIZE)
        data = bytes(range(256)) * 4
        checks.equal("BAR0: written", write(peer, 0, 4000, data), ACCESS.pack(4000, 0, len(data)))
        checks.equal("BAR0: read back", read(peer, 0, 4000, len(data)), data)
        checks.equal("BAR0: all at once", len(read(peer, 0, 0, BAR0_SIZE)), BAR0_SIZE)
        checks.equal("count 0 at the end", read(peer, 0, BAR0_SIZE, 0), b"")
        for what, offset, region, count in [
            ("beyond the end", BAR0_SIZE - 1, 0, 2),
            ("at the end", BAR0_SIZE, 0, 1),
            ("far out", (1 << 64) - 1, 0, 2),
            ("more than max_data_xfer_size", 0, 0, MAX + 1),
            ("an empty region", 0, 1, 1),
            ("region 99", 0, 99, 1),
        ]:
            request = ACCESS.pack(offset, region, count)
            checks.refused(f"REGION_READ {what}", peer.refused(Command.REGION_READ, request), EINVAL)
            body = request + b"\0" * min(count, 16)
            checks.refused(f"REGION_WRITE {what}", peer.refused(Command.REGION_WRITE, body), EINVAL)
        short = ACCESS.pack(0, 0, 8) + b"1234"
        checks.refused("REGION_WRITE with less data than count", peer.refused(Command.REGION_WRITE, short), EINVAL)
        long = ACCESS.pack(0, 0, 2) + b"1234"
        checks.refused("REGION_WRITE with more data than count", peer.refused(Command.REGION_WRITE, long), EINVAL)
        checks.refused("REGION_READ of 8 bytes", peer.refused(Command.REGION_READ, b"\0" * 8), EINVAL)
        checks.refused("REGION_READ of no bytes", peer.refused(Command.REGION_READ), EINVAL)
        checks.equal("DEVICE_RESET: no payload", peer.done(Command.DEVICE_RESET).payload, b"")
        checks.true("DEVICE_RESET: the memory is as at first", read(peer, 0, 4000, len(data)) != data)
        checks.equal("DEVICE_RESET: the config space too", read(peer, CONFIG, 4, 2), b"\0\0")


def single(offset, region, data, count=None):
    """One write of REGION_WRITE_MULTI."""
    return ACCESS.pack(offset, region, len(data) if count is None else count) + data.ljust(8, b"\0")


def write_multi(checks, minor, path):
    writes = single(0, 0, b"abcdefgh") + single(8, 0, b"ij") + single(0x3C, CONFIG, b"\x07")
    request = struct.pack("=Q", 3) + writes
    with opened(path, minor) as peer:
        checks.refused("not agreed", peer.refused(Command.REGION_WRITE_MULTI, request), EINVAL)
    with opened(path, minor, write_multiple=True) as peer:
        reply = peer.done(Command.REGION_WRITE_MULTI, request)
        checks.equal("three writes: how many were done", reply.payload, struct.pack("=Q", 3))
        checks.equal("three writes: done", (read(peer, 0, 0, 10), read(peer, CONFIG, 0x3C, 1)),
                     (b"abcdefghij", b"\x07"))
        checks.equal("no write", peer.done(Command.REGION_WRITE_MULTI, struct.pack("=Q", 0)).payload, b"\0" * 8)
        for what, bad in [
            ("fewer writes than wr_cnt", struct.pack("=Q", 4) + writes),
            ("more writes than wr_cnt", struct.pack("=Q", 2) + writes),
            ("wr_cnt beyond all bounds", struct.pack("=Q", (1 << 64) - 1) + writes),
            ("a write of 9 bytes", struct.pack("=Q", 1) + single(0, 0, b"", 9)),
            ("a region that is not there", struct.pack("=Q", 2) + single(0, 0, b"X") + single(0, 99, b"X")),
            ("beyond the end", struct.pack("=Q", 2) + single(0, 0, b"X") + single(BAR0_SIZE - 1, 0, b"XY")),
            ("of 4 bytes", b"\0" * 4),
        ]:
            checks.refused(what, peer.refused(Command.REGION_WRITE_MULTI, bad), EINVAL)
        checks.equal("what was refused was not begun", read(peer, 0, 0, 1), b"a")
