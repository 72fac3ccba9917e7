"""DIRTY_PAGES of 0.9.1, and the bitmap with DMA_UNMAP."""

import mmap
import struct
from errno import EINVAL, ENOENT

from memory import PAGE, UNMAP, give
from wire import Command, memory_file, opened

START, STOP, GET_BITMAP = 1, 2, 4
PAGES = 256
SIZE = PAGES * PAGE
IOVA = 0x100000
BITMAP = PAGES // 8


def get(iova=IOVA, size=SIZE, pgsize=PAGE, bitmap=BITMAP, argsz=None):
    argsz = 40 + bitmap if argsz is None else argsz
    return struct.pack("=2I4Q", argsz, GET_BITMAP, iova, size, pgsize, bitmap)


def bits(bitmap):
    return {8 * byte + bit for byte, value in enumerate(bitmap) for bit in range(8) if value >> bit & 1}


def log(peer, flags):
    return peer.done(Command.DIRTY_PAGES, struct.pack("=2I", 8, flags)).payload


def changed(before, after):
    return {page for page in range(PAGES) if before[page * PAGE :][:PAGE] != after[page * PAGE :][:PAGE]}


def dirty_pages(checks, minor, path):
    fd = memory_file(SIZE)
    mapped = mmap.mmap(fd, SIZE)
    with opened(path, minor) as peer:
        give(peer, IOVA, SIZE, fd)
        checks.refused("GET_BITMAP before START", peer.refused(Command.DIRTY_PAGES, get()), EINVAL)
        checks.equal("START: no payload", (log(peer, START), log(peer, START)), (b"", b""))
        first = peer.done(Command.DIRTY_PAGES, get()).payload
        checks.equal("GET_BITMAP: the request comes back", first[:40], get())
        checks.equal("GET_BITMAP: as many bytes as asked", len(first), 40 + BITMAP)
        before = mapped[:]
        peer.listen(0.3)
        after_listening = mapped[:]
        found = bits(peer.done(Command.DIRTY_PAGES, get()).payload[40:])
        checks.true("GET_BITMAP: every page that was written", changed(before, after_listening) <= found)
        checks.true("GET_BITMAP: no page that was not", found <= changed(before, mapped[:]), str(found))
        checks.true("GET_BITMAP: there were some", len(found) > 0)
        reply = peer.done(Command.DIRTY_PAGES, get(argsz=40)).payload
        needed = struct.unpack_from("=I", reply)[0]
        checks.equal("GET_BITMAP without room: the size that is needed", needed, 40 + BITMAP)
        checks.equal("GET_BITMAP without room: no bitmap", len(reply), 40)
        for what, request in [
            ("START and STOP", struct.pack("=2I", 8, START | STOP)), ("no flag", struct.pack("=2I", 8, 0)),
            ("pages of 3000", get(pgsize=3000)), ("a bitmap too small", get(bitmap=BITMAP - 8)),
            ("a bitmap too large", get(bitmap=BITMAP + 8)), ("of 8 bytes", struct.pack("=2I", 72, GET_BITMAP)),
            ("a bitmap beyond all bounds", get(size=1 << 63, bitmap=1 << 48, argsz=0xFFFFFFFF)),
        ]:
            checks.refused(f"DIRTY_PAGES {what}", peer.refused(Command.DIRTY_PAGES, request), EINVAL)
        got = peer.refused(Command.DIRTY_PAGES, get(iova=1 << 40))
        checks.refused("GET_BITMAP of what is not mapped", got, ENOENT)
        unmap = UNMAP.pack(24 + 16 + BITMAP, 1, IOVA, SIZE) + struct.pack("=2Q", PAGE, BITMAP)
        before = mapped[:]
        peer.listen(0.3)
        reply = peer.done(Command.DMA_UNMAP, unmap).payload
        checks.equal("DMA_UNMAP with the bitmap: the request comes back", reply[: len(unmap)], unmap)
        written = changed(before, mapped[:])
        checks.true("DMA_UNMAP with the bitmap: what was written", written <= bits(reply[len(unmap) :]))
        checks.equal("DMA_UNMAP with the bitmap: its size", len(reply), len(unmap) + BITMAP)
        checks.equal("STOP: no payload", (log(peer, STOP), log(peer, STOP)), (b"", b""))
