"""The client's memory: given with a descriptor and without, and written by the device."""

import mmap
import os
import struct
import time
from errno import EEXIST, EINVAL, ENOENT

from wire import Command, memory_file, opened

MAP = struct.Struct("=2I3Q")
UNMAP = struct.Struct("=2I2Q")
READ, WRITE = 1, 2
UNMAP_ALL = 2
PAGE = 4096


def give(peer, address, size, fd=None, flags=READ | WRITE, offset=0):
    return peer.done(Command.DMA_MAP, MAP.pack(32, flags, offset, address, size), fds=[] if fd is None else [fd])


def take_back(peer, address, size):
    return peer.done(Command.DMA_UNMAP, UNMAP.pack(24, 0, address, size)).payload


def maps(checks, minor, path):
    fd = memory_file(16 * PAGE)
    with opened(path, minor) as peer:
        def refused(*fields, fds=()):
            return peer.refused(Command.DMA_MAP, MAP.pack(*fields), fds=fds)

        checks.equal("DMA_MAP with a descriptor: no payload", give(peer, 0x10000, 8 * PAGE, fd).payload, b"")
        checks.equal("DMA_MAP without one: no payload", give(peer, 0x100000, 8 * PAGE).payload, b"")
        give(peer, 0x200000, 2 * PAGE, fd, READ, 14 * PAGE)
        checks.true("DMA_MAP, to be read alone, from an offset on", True)
        for what, address, size in [
            ("over all of another", 0x10000, 8 * PAGE),
            ("over its beginning", 0xF000, 2 * PAGE),
            ("over its end", 0x17000, 2 * PAGE),
            ("inside", 0x12000, PAGE),
            ("around", 0, 1 << 32),
            ("over one without a descriptor", 0x100000, 8 * PAGE),
        ]:
            checks.refused(f"DMA_MAP {what}", refused(32, 3, 0, address, size), EEXIST)
        for what, got in [
            ("argsz 31", refused(31, 3, 0, 0x400000, PAGE)),
            ("unknown flags", refused(32, 4, 0, 0x400000, PAGE)),
            ("size 0", refused(32, 3, 0, 0x400000, 0)),
            ("beyond 2^64", refused(32, 3, 0, (1 << 64) - PAGE, 2 * PAGE)),
            ("of half a page", refused(32, 3, 0, 0x400000, PAGE // 2)),
            ("at half a page", refused(32, 3, 0, 0x400800, PAGE)),
            ("two descriptors", refused(32, 3, 0, 0x400000, PAGE, fds=[fd, fd])),
            ("beyond the file's end", refused(32, 3, 8 * PAGE, 0x400000, 9 * PAGE, fds=[fd])),
            ("far beyond the file's end", refused(32, 3, 0, 0x400000, 1 << 60, fds=[fd])),
            ("an offset beyond 2^63", refused(32, 3, (1 << 64) - PAGE, 0x400000, PAGE, fds=[fd])),
            ("a descriptor that can't be mapped", refused(32, 3, 0, 0x400000, PAGE, fds=[peer.socket.fileno()])),
            ("of 24 bytes", peer.refused(Command.DMA_MAP, b"\0" * 24)),
        ]:
            checks.refused(f"DMA_MAP {what}", got, EINVAL)
        for what, address, size in [
            ("half", 0x10000, 4 * PAGE), ("more", 0x10000, 9 * PAGE), ("what is not mapped", 0x500000, PAGE),
            ("from the middle", 0x11000, 7 * PAGE),
        ]:
            request = UNMAP.pack(24, 0, address, size)
            checks.refused(f"DMA_UNMAP {what}", peer.refused(Command.DMA_UNMAP, request), ENOENT)
        for what, request in [
            ("argsz 23", UNMAP.pack(23, 0, 0x10000, 8 * PAGE)), ("of 16 bytes", b"\0" * 16),
            ("unknown flags", UNMAP.pack(24, 8, 0x10000, 8 * PAGE)),
            ("all, with an address", UNMAP.pack(24, UNMAP_ALL, 0x10000, 0)),
        ]:
            checks.refused(f"DMA_UNMAP {what}", peer.refused(Command.DMA_UNMAP, request), EINVAL)
        for address in (0x10000, 0x100000):
            request = UNMAP.pack(24, 0, address, 8 * PAGE)
            checks.equal("DMA_UNMAP: the request comes back", take_back(peer, address, 8 * PAGE), request)
        give(peer, 0x10000, 16 * PAGE, fd)
        checks.true("what was taken back can be given again", True)
        peer.done(Command.DMA_UNMAP, UNMAP.pack(24, UNMAP_ALL, 0, 0))
        checks.refused("DMA_UNMAP all: nothing is left",
                       peer.refused(Command.DMA_UNMAP, UNMAP.pack(24, 0, 0x10000, 16 * PAGE)), ENOENT)
    os.close(fd)


def dma(checks, minor, path):
    """The device writes by itself while it runs: into what it can map, and by message into what it can't."""
    with opened(path, minor) as peer:
        fd = memory_file(64 * PAGE)
        give(peer, 0x100000, 64 * PAGE, fd)
        mapped = mmap.mmap(fd, 64 * PAGE)
        deadline = time.monotonic() + 8
        while not any(mapped[:]) and time.monotonic() < deadline:
            peer.listen(0.05)
        checks.true("memory with a descriptor is written, though no command comes", any(mapped[:]))
        checks.equal("memory with a descriptor: no message", peer.commands, [])
        take_back(peer, 0x100000, 64 * PAGE)
        still = mapped[:]
        peer.listen(0.2)
        checks.equal("what was taken back is not written any more", mapped[:] == still, True)
    by_message(checks, minor, path, "main socket", {})
    by_message(checks, minor, path, "small messages", {"max_data_xfer_size": 1000})
    by_message(checks, minor, path, "twin socket", {"twin_socket": {"supported": True}})


def by_message(checks, minor, path, name, capabilities):
    start, size = 0x40000, 32 * PAGE
    content = bytearray(size)

    def access(command, address, count, data):
        if not start <= address or address + count > start + size:
            return None
        if command == Command.DMA_READ:
            return bytes(content[address - start : address - start + count])
        content[address - start : address - start + count] = data
        return b""

    with opened(path, minor, **capabilities) as peer:
        peer.memory = access
        give(peer, start, size)
        deadline = time.monotonic() + 8
        while len(peer.commands) < 20 and time.monotonic() < deadline:
            peer.listen(0.05)
        # Between commands and their replies too.
        ids = [peer.send(Command.REGION_READ, struct.pack("=QII", 0, 7, 4)) for _ in range(50)]
        checks.equal(f"{name}: replies keep their order", [peer.receive().id for _ in ids], ids)
        commands = [message for _, message in peer.commands]
        sources = {source for source, _ in peer.commands}
        checks.true(f"{name}: the device writes by message", len(commands) >= 20, f"{len(commands)} came")
        checks.equal(f"{name}: where they come", sources, {peer.twin or peer.socket})
        limit = capabilities.get("max_data_xfer_size", 1 << 20)
        for message in commands:
            address, count = struct.unpack_from("=QQ", message.payload)
            good = (message.command == Command.DMA_WRITE and message.flags == 0 and message.error == 0
                    and len(message.payload) == 16 + count and 0 < count <= limit
                    and start <= address and address + count <= start + size)
            if not good:
                break
        checks.true(f"{name}: each is as the document says", good, str(message))
        checks.true(f"{name}: the memory holds what the device wrote", any(content))
        take_back(peer, start, size)
        before = len(peer.commands)
        peer.listen(0.2)
        checks.equal(f"{name}: none comes when it was taken back", len(peer.commands), before)
        give(peer, start, size, flags=READ)
        peer.listen(0.2)
        checks.equal(f"{name}: none comes to memory that is to be read alone", len(peer.commands), before)
        take_back(peer, start, size)
        # A client that refuses to take it is not written to, and is served as before.
        peer.memory = None
        give(peer, start, size)
        peer.listen(0.2)
        peer.done(Command.REGION_READ, struct.pack("=QII", 0, 7, 4))
        checks.true(f"{name}: a write that is refused does no harm", True)


def truncated(checks, minor, path):
    """A file that is cut after it was given must not end the server."""
    with opened(path, minor) as peer:
        fd = memory_file(64 * PAGE)
        give(peer, 0x100000, 64 * PAGE, fd)
        peer.listen(0.1)
        os.ftruncate(fd, 0)
        for _ in range(10):
            peer.listen(0.03)
            peer.done(Command.REGION_READ, struct.pack("=QII", 0, 7, 4))
        checks.true("the file was cut: the server lives", True)
        os.ftruncate(fd, 64 * PAGE)
        peer.listen(0.3)
        mapped = mmap.mmap(fd, 64 * PAGE)
        checks.true("the file has grown again: it is written again", any(mapped[:]))
        os.ftruncate(fd, 0)
        take_back(peer, 0x100000, 64 * PAGE)
        checks.true("the file was cut: it can be taken back", True)
    with opened(path, minor) as peer:
        peer.done(Command.DEVICE_RESET)
        checks.true("the next client is served", True)
