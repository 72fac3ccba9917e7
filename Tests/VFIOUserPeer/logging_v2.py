"""DMA logging of 0.9.2: what the device notes, beside what is seen in the memory."""

import mmap
import struct
from errno import EINVAL

from logging_v1 import IOVA, PAGES, SIZE, bits, changed
from memory import PAGE, give, take_back
from states_v2 import GET, LOGGING_REPORT, LOGGING_START, LOGGING_STOP, SET, feature
from wire import Command, memory_file, opened


def start(*ranges, page=PAGE, count=None):
    count = len(ranges) if count is None else count
    data = struct.pack("=QII", page, count, 0) + b"".join(struct.pack("=QQ", *pair) for pair in ranges)
    return feature(SET | LOGGING_START, data)


def report(iova=IOVA, length=SIZE, page=PAGE, bitmap=PAGES // 8, argsz=None):
    argsz = 8 + 24 + bitmap if argsz is None else argsz
    return feature(GET | LOGGING_REPORT, struct.pack("=3Q", iova, length, page), argsz=argsz)


STOP = feature(SET | LOGGING_STOP)


def logging(checks, minor, path):
    with opened(path, minor) as peer:
        def done(request):
            return peer.done(Command.DEVICE_FEATURE, request).payload

        def refused(request):
            return peer.refused(Command.DEVICE_FEATURE, request)

        fd = memory_file(SIZE)
        mapped = mmap.mmap(fd, SIZE)
        give(peer, IOVA, SIZE, fd)
        checks.refused("REPORT before START", refused(report()), EINVAL)
        for name, request in [("one range", start((IOVA, SIZE))), ("no range, which means all", start())]:
            checks.equal(f"START, {name}: the request comes back", done(request), request)
            done(report())
            before = mapped[:]
            peer.listen(0.3)
            between = mapped[:]
            reply = done(report(argsz=4096))
            found = bits(reply[32:])
            head = struct.pack("=2I3Q", 32 + PAGES // 8, GET | LOGGING_REPORT, IOVA, SIZE, PAGE)
            checks.equal(f"REPORT, {name}: the head", reply[:32], head)
            checks.equal(f"REPORT, {name}: the bitmap is at 24, a bit a page", len(reply), 32 + PAGES // 8)
            checks.true(f"REPORT, {name}: every page that was written", changed(before, between) <= found)
            checks.true(f"REPORT, {name}: no page that was not", found <= changed(before, mapped[:]))
            checks.true(f"REPORT, {name}: there were some", len(found) > 0)
            odd = done(report(length=3 * PAGE, bitmap=8))
            checks.true(f"REPORT, {name}: bits outside the range are 0", bits(odd[32:]) <= {0, 1, 2})
            wide = done(report(page=2 * PAGE, bitmap=PAGES // 16))
            checks.equal(f"REPORT, {name}: in pages of 8 KiB", len(wide), 32 + PAGES // 16)
            checks.equal(f"STOP, {name}: the request comes back", done(STOP), STOP)
            checks.refused(f"REPORT after STOP, {name}", refused(report()), EINVAL)
        done(start())
        give(peer, 1 << 32, SIZE, fd)
        done(report(iova=1 << 32))
        before = mapped[:]
        peer.listen(0.3)
        found = bits(done(report(iova=1 << 32))[32:]) | bits(done(report())[32:])
        checks.true("no range: memory that comes later is logged too", len(found) > 0)
        take_back(peer, 1 << 32, SIZE)
        for what, request in [
            ("START while it is on", start((IOVA, SIZE))),
            ("REPORT in pages of 3000", report(page=3000)), ("REPORT in pages of 0", report(page=0)),
            ("REPORT without room", report(argsz=32 + PAGES // 8 - 1)),
            ("REPORT of 8 bytes", feature(GET | LOGGING_REPORT, b"\0" * 8, argsz=4096)),
            ("REPORT beyond all bounds", report(iova=0, length=1 << 63, argsz=0xFFFFFFFF)),
        ]:
            checks.refused(what, refused(request), EINVAL)
        done(STOP)
        for what, request in [
            ("START with fewer ranges than it says", start((IOVA, SIZE), count=2)),
            ("START with ranges beyond all bounds", start(count=0xFFFFFFFF)),
            ("START in pages of 3000", start((IOVA, SIZE), page=3000)),
            ("START of an empty range", start((IOVA, 0))),
        ]:
            checks.refused(what, refused(request), EINVAL)
        wide = done(start((0, 1 << 30), page=1 << 30))
        checks.true("START in pages of 1 GiB: the page size it chose comes back",
                    struct.unpack_from("=Q", wide, 8)[0] in (PAGE << n for n in range(19)))
        done(STOP)
