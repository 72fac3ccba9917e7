"""What a device says of itself."""

import mmap
import struct
from errno import EINVAL

from wire import Command, opened

INFO = struct.Struct("=4I")
REGION = struct.Struct("=4I2Q")
IRQ = struct.Struct("=4I")
READ, WRITE, MMAP, CAPS = 1, 2, 4, 8
CAP_SPARSE, CAP_TYPE = 1, 2
CONFIG = 7


def region_info(peer, index, argsz=REGION.size):
    """The reply's fields, its whole payload and its descriptors."""
    reply = peer.done(Command.DEVICE_GET_REGION_INFO, REGION.pack(argsz, 0, index, 0, 0, 0))
    return REGION.unpack_from(reply.payload), reply.payload, reply.fds


def capabilities(payload):
    """The chain behind a region's description: {id: (version, body)}."""
    flags, offset = struct.unpack_from("=I", payload, 4)[0], struct.unpack_from("=I", payload, 12)[0]
    found = {}
    while flags & CAPS and offset:
        kind, version, following = struct.unpack_from("=HHI", payload, offset)
        assert offset >= REGION.size and following == 0 or following > offset, "a chain that goes backwards"
        found[kind] = (version, payload[offset + 8 : following or len(payload)])
        offset = following
    return found


def full_region(peer, index):
    """All that the server says of a region, asked in two steps; (fields, capabilities, descriptors)."""
    fields, payload, fds = region_info(peer, index)
    if fields[0] > REGION.size:
        fields, payload, fds = region_info(peer, index, fields[0])
    return fields, capabilities(payload), fds


def migration_region(peer):
    """The region with the capability that says that it is the one: (fields, capabilities, descriptors)."""
    count = INFO.unpack(peer.done(Command.DEVICE_GET_INFO, INFO.pack(16, 0, 0, 0)).payload)[2]
    for index in range(9, count):
        region = full_region(peer, index)
        if region[1].get(CAP_TYPE, (0, b""))[1][:8] == struct.pack("=2I", 3, 1):
            return region
    return None


def info(checks, minor, path):
    with opened(path, minor) as peer:
        for argsz in (16, 1000):
            reply = peer.done(Command.DEVICE_GET_INFO, INFO.pack(argsz, 0, 0, 0))
            checks.equal(f"GET_INFO argsz {argsz}", reply.payload, INFO.pack(16, 3, 10 if minor == 1 else 9, 5))
        for argsz in (0, 15):
            checks.refused(
                f"GET_INFO argsz {argsz}", peer.refused(Command.DEVICE_GET_INFO, INFO.pack(argsz, 0, 0, 0)), EINVAL)
        checks.refused("GET_INFO of 4 bytes", peer.refused(Command.DEVICE_GET_INFO, struct.pack("=I", 16)), EINVAL)
        plain_regions(checks, peer)
        if minor == 1:
            mapped_region(checks, peer)
        else:
            checks.refused(
                "GET_REGION_INFO 9", peer.refused(Command.DEVICE_GET_REGION_INFO, REGION.pack(32, 0, 9, 0, 0, 0)),
                EINVAL)
        irqs(checks, peer)


def plain_regions(checks, peer):
    checks.equal("GET_REGION_INFO 0", region_info(peer, 0)[0], (32, READ | WRITE, 0, 0, 512 << 10, 0))
    checks.equal("GET_REGION_INFO 7", region_info(peer, CONFIG)[0], (32, READ | WRITE, CONFIG, 0, 256, 0))
    for index in range(1, 7):
        checks.equal(f"GET_REGION_INFO {index}", region_info(peer, index)[0], (32, 0, index, 0, 0, 0))
    fields, payload, fds = region_info(peer, 0, 4096)
    checks.equal("GET_REGION_INFO with more room: the size that is needed", fields[0], 32)
    checks.equal("GET_REGION_INFO with more room: no more than that comes", (len(payload), fds), (32, []))
    for what, request in [
        ("argsz 31", REGION.pack(31, 0, 0, 0, 0, 0)),
        ("argsz 0", REGION.pack(0, 0, 0, 0, 0, 0)),
        ("index 99", REGION.pack(32, 0, 99, 0, 0, 0)),
        ("index 2^32 - 1", REGION.pack(32, 0, 0xFFFFFFFF, 0, 0, 0)),
        ("of 12 bytes", struct.pack("=3I", 32, 0, 0)),
    ]:
        checks.refused(f"GET_REGION_INFO {what}", peer.refused(Command.DEVICE_GET_REGION_INFO, request), EINVAL)


def mapped_region(checks, peer):
    fields, payload, fds = region_info(peer, 9)
    needed = 32 + 16 + 32
    checks.equal("region 9, no room: what is needed, no CAPS, no cap_offset", fields[0], needed)
    checks.equal("region 9, no room: flags", fields[1] & ~MMAP, READ | WRITE)
    checks.equal("region 9, no room: cap_offset, size, length, descriptors", (fields[3], fields[4], len(payload), fds),
                 (0, 0x1000 + (64 << 10), 32, []))
    fields, payload, fds = region_info(peer, 9, needed - 1)
    checks.equal("region 9, one byte too few: as no room", (fields[0], fields[1] & CAPS, len(payload)), (needed, 0, 32))
    fields, payload, fds = region_info(peer, 9, needed)
    checks.equal("region 9", fields, (needed, READ | WRITE | MMAP | CAPS, 9, 32, 0x1000 + (64 << 10), fields[5]))
    checks.equal("region 9: one descriptor", len(fds), 1)
    chain = capabilities(payload)
    checks.equal("region 9: capability TYPE", chain.get(CAP_TYPE), (1, struct.pack("=2I", 3, 1)))
    checks.equal("region 9: capability SPARSE_MMAP", chain.get(CAP_SPARSE),
                 (1, struct.pack("=2I2Q", 1, 0, 0x1000, 64 << 10)))
    window = mmap.mmap(fds[0], 64 << 10, offset=fields[5] + 0x1000)
    checks.equal("region 9: mapped where the reply says", len(window), 64 << 10)
    reply = peer.done(Command.REGION_WRITE, struct.pack("=QII", 0, 9, 4) + struct.pack("=I", 4))
    peer.done(Command.REGION_WRITE, struct.pack("=QII", 0x1010, 9, 4) + b"abcd")
    checks.equal("region 9: what is written by message is there in the map", window[0x10:0x14], b"abcd")
    window[0x20:0x24] = b"efgh"
    reply = peer.done(Command.REGION_READ, struct.pack("=QII", 0x1020, 9, 4))
    checks.equal("region 9: what is written in the map is there by message", reply.payload[16:], b"efgh")
    peer.done(Command.DEVICE_RESET)


def irqs(checks, peer):
    for index, count in enumerate((1, 0, 0, 1, 1)):
        reply = peer.done(Command.DEVICE_GET_IRQ_INFO, IRQ.pack(1000, 0, index, 0))
        checks.equal(f"GET_IRQ_INFO {index}", IRQ.unpack(reply.payload), (16, 1, index, count))
    for what, request in [
        ("argsz 15", IRQ.pack(15, 0, 0, 0)),
        ("index 5", IRQ.pack(16, 0, 5, 0)),
        ("of 8 bytes", struct.pack("=2I", 16, 0)),
    ]:
        checks.refused(f"GET_IRQ_INFO {what}", peer.refused(Command.DEVICE_GET_IRQ_INFO, request), EINVAL)
