"""MIG_DATA_READ and MIG_DATA_WRITE between two servers."""

import struct
from errno import EINVAL, EIO

from regions import BAR0_SIZE, read, write
from states_v2 import PRE_COPY, RESUMING, RUNNING, STOP, STOP_COPY, change, set_state, state
from wire import Command, opened

DATA = struct.Struct("=2I")


def take(peer, size):
    """What one MIG_DATA_READ brings."""
    payload = peer.done(Command.MIG_DATA_READ, DATA.pack(8 + size, size)).payload
    argsz, got = DATA.unpack_from(payload)
    assert argsz == 8 + got, f"argsz {argsz}, size {got}"
    assert got <= size and len(payload) >= 8 + got, f"size {got}, {size} asked, {len(payload)} came"
    return payload[8 : 8 + got]


def rest(peer, size):
    """Everything, until a reply is not full."""
    parts = [take(peer, size)]
    while len(parts[-1]) == size:
        parts.append(take(peer, size))
    return b"".join(parts)


def put(peer, data, size):
    for start in range(0, len(data), size):
        part = data[start : start + size]
        reply = peer.done(Command.MIG_DATA_WRITE, DATA.pack(8 + len(part), len(part)) + part)
        assert reply.payload == b"", "a payload in the reply to MIG_DATA_WRITE"


def save(peer, size, between=lambda: None):
    change(peer, PRE_COPY)
    data = rest(peer, size)
    between()
    change(peer, STOP_COPY)
    return data + rest(peer, size)


def migrate(checks, minor, source_path, target_path):
    with opened(source_path, minor) as source, opened(target_path, minor) as target:
        for size in (1000, 32 << 10, 1 << 20):
            for peer in (source, target):
                peer.done(Command.DEVICE_RESET)
            checks.true(f"{size} bytes: the two differ", read(source, 0, 0, 4096) != read(target, 0, 0, 4096))
            data = save(source, size, lambda: write(source, 0, 8192, b"written in pre-copy"))
            checks.true(f"{size} bytes: saved", len(data) > BAR0_SIZE)
            checks.equal(f"{size} bytes: the end stays the end", take(source, size), b"")
            change(target, RESUMING)
            put(target, data, size)
            change(target, RUNNING)
            change(source, STOP)
            checks.true(f"{size} bytes: the same memory",
                        read(source, 0, 0, BAR0_SIZE) == read(target, 0, 0, BAR0_SIZE))
            checks.equal(f"{size} bytes: with what was written in pre-copy", read(target, 0, 8192, 19),
                         b"written in pre-copy")
            change(source, STOP_COPY)
            change(target, STOP_COPY)
            checks.true(f"{size} bytes: saved again, equal bytes", rest(source, size) == rest(target, size))
        ahead = [source.send(Command.MIG_DATA_READ, DATA.pack(8 + 512, 512)) for _ in range(8)]
        checks.equal("eight reads at once: in order", [source.receive().id for _ in ahead], ahead)
        wrong_states(checks, source)
        bad_data(checks, target)
    with opened(source_path, minor, max_data_xfer_size=1000) as peer:
        peer.done(Command.DEVICE_RESET)
        change(peer, STOP_COPY)
        checks.equal("as much as the client takes", len(take(peer, 1000)), 1000)
        got = peer.refused(Command.MIG_DATA_READ, DATA.pack(8 + 1001, 1001))
        checks.refused("more than the client takes", got, EINVAL)
    with opened(source_path, minor) as peer:
        checks.equal("the session outlives a client", len(take(peer, 1000)), 1000)
        peer.done(Command.DEVICE_RESET)


def failing(checks, minor, path):
    """A device that goes to ERROR in the middle of its data."""
    with opened(path, minor) as peer:
        change(peer, STOP_COPY)
        reading = DATA.pack(8 + 4096, 4096)
        errors = [peer.refused(Command.MIG_DATA_READ, reading) for _ in range(100)]
        failed = [error for error in errors if error]
        checks.true("some data came", 0 < len(failed) < 100, f"{len(failed)} of 100 failed")
        checks.equal("the failure is told once", failed[0], EIO)
        checks.equal("the device is in ERROR", state(peer), 0)
        checks.equal("then there is no session", set(failed[1:]), {EINVAL})
        checks.refused("no way leads out of ERROR", peer.refused(Command.DEVICE_FEATURE, set_state(RUNNING)), EINVAL)
        peer.done(Command.DEVICE_RESET)
        checks.equal("but a reset", state(peer), RUNNING)


def wrong_states(checks, peer):
    reading = DATA.pack(8 + 16, 16)
    writing = reading + b"\0" * 16
    for name, way, reads, writes in [
        ("RUNNING at first", [], False, False),
        ("PRE_COPY", [PRE_COPY], True, False),
        ("STOP_COPY", [STOP_COPY], True, False),
        ("STOP after STOP_COPY", [STOP_COPY, STOP], False, False),
        ("RUNNING after PRE_COPY", [PRE_COPY, RUNNING], False, False),
        ("RESUMING", [RESUMING], False, True),
        ("RESUMING after STOP_COPY", [STOP_COPY, RESUMING], False, True),
    ]:
        peer.done(Command.DEVICE_RESET)
        for step in way:
            change(peer, step)
        for command, request, allowed in (
            (Command.MIG_DATA_READ, reading, reads), (Command.MIG_DATA_WRITE, writing, writes)):
            got = peer.refused(command, request)
            if not allowed:
                checks.refused(f"{command.name} in {name}", got, EINVAL)
            elif command == Command.MIG_DATA_READ:
                checks.equal(f"{command.name} in {name}", got, 0)
    peer.done(Command.DEVICE_RESET)
    checks.refused("MIG_DATA_READ after a reset", peer.refused(Command.MIG_DATA_READ, reading), EINVAL)
    change(peer, STOP_COPY)
    for what, request in [
        ("argsz less than 8 + size", DATA.pack(8 + 15, 16)), ("argsz 0", DATA.pack(0, 0)),
        ("more than 1 MiB", DATA.pack(0xFFFFFFFF, (1 << 20) + 1)), ("of 4 bytes", b"\0" * 4),
    ]:
        checks.refused(f"MIG_DATA_READ {what}", peer.refused(Command.MIG_DATA_READ, request), EINVAL)
    checks.equal("MIG_DATA_READ of no bytes", take(peer, 0), b"")


def bad_data(checks, peer):
    peer.done(Command.DEVICE_RESET)
    change(peer, RESUMING)
    for what, request in [
        ("less data than size", DATA.pack(8 + 16, 16) + b"\0" * 8),
        ("argsz less than 8 + size", DATA.pack(8, 16) + b"\0" * 16), ("of 4 bytes", b"\0" * 4),
        ("more than 1 MiB", DATA.pack(0xFFFFFFFF, (1 << 20) + 1) + b"\0" * 16),
    ]:
        checks.refused(f"MIG_DATA_WRITE {what}", peer.refused(Command.MIG_DATA_WRITE, request), EINVAL)
    nonsense = DATA.pack(8 + 64, 64) + b"\xa5" * 64
    peer.refused(Command.MIG_DATA_WRITE, nonsense)
    checks.true("nonsense: leaving RESUMING fails", peer.refused(Command.DEVICE_FEATURE, set_state(RUNNING)) != 0)
    checks.true("nonsense: the device is in ERROR or has stayed", state(peer) in (0, RESUMING))
    peer.done(Command.DEVICE_RESET)
    checks.equal("nonsense: a reset leads out", state(peer), RUNNING)
