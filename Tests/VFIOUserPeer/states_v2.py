"""DEVICE_FEATURE of 0.9.2: what there is, and the way from each state to each other."""

import itertools
import struct
from errno import EINVAL

from wire import Command, opened

GET, SET, PROBE = 1 << 16, 1 << 17, 1 << 18
MIGRATION, STATE, LOGGING_START, LOGGING_STOP, LOGGING_REPORT = 1, 2, 6, 7, 8
ERROR, STOP, RUNNING, STOP_COPY, RESUMING, RUNNING_P2P, PRE_COPY, PRE_COPY_P2P = range(8)


def feature(flags, data=b"", argsz=None):
    return struct.pack("=2I", 8 + len(data) if argsz is None else argsz, flags) + data


def set_state(state):
    return feature(SET | STATE, struct.pack("=Ii", state, -1))


def change(peer, state):
    """Goes to a state; the reply has to be the request."""
    request = set_state(state)
    reply = peer.done(Command.DEVICE_FEATURE, request).payload
    assert reply == request, f"the reply to SET is not the request: {reply.hex()}"


def state(peer):
    reply = peer.done(Command.DEVICE_FEATURE, feature(GET | STATE, argsz=16)).payload
    return struct.unpack_from("=I", reply, 8)[0]


def features(checks, minor, path):
    with opened(path, minor) as peer:
        def refused(*arguments, **more):
            return peer.refused(Command.DEVICE_FEATURE, feature(*arguments, **more))

        for argsz in (16, 4096):
            reply = peer.done(Command.DEVICE_FEATURE, feature(GET | MIGRATION, argsz=argsz)).payload
            checks.equal(f"MIGRATION argsz {argsz}: STOP_COPY and PRE_COPY, never P2P", reply,
                         struct.pack("=2IQ", 16, GET | MIGRATION, 5))
            reply = peer.done(Command.DEVICE_FEATURE, feature(GET | STATE, argsz=argsz)).payload
            checks.equal(f"MIG_DEVICE_STATE argsz {argsz}: RUNNING", (len(reply), reply[:12]),
                         (16, struct.pack("=3I", 16, GET | STATE, RUNNING)))
        offered = {MIGRATION: GET, STATE: GET | SET, LOGGING_START: SET, LOGGING_STOP: SET, LOGGING_REPORT: GET}
        for number in range(14):
            for operations in (0, GET, SET, GET | SET):
                request = feature(PROBE | operations | number)
                reply = peer.ask(Command.DEVICE_FEATURE, request)
                there = number in offered and operations & ~offered[number] == 0
                what = f"PROBE of feature {number}, operations {operations >> 16}"
                if there:
                    checks.equal(what, reply.payload, request)
                else:
                    checks.refused(what, reply.error, EINVAL)
        for what, got in [
            ("GET and SET", refused(GET | SET | STATE, b"\0" * 8)), ("no operation", refused(STATE, b"\0" * 8)),
            ("unknown flags", refused(1 << 19 | GET | MIGRATION, argsz=16)),
            ("MIGRATION set", refused(SET | MIGRATION, b"\0" * 8)),
            ("GET without room", refused(GET | MIGRATION, argsz=15)), ("argsz 8", refused(GET | STATE, argsz=8)),
            ("SET of 4 bytes", refused(SET | STATE, b"\0" * 4)),
            ("argsz less than the payload", refused(SET | STATE, struct.pack("=Ii", 1, -1), argsz=12)),
            ("LOGGING_STOP got", refused(GET | LOGGING_STOP, argsz=4096)),
            ("MIG_DATA_SIZE, which is the kernel's", refused(GET | 9, argsz=4096)),
        ]:
            checks.refused(f"DEVICE_FEATURE {what}", got, EINVAL)


def ways():
    """The text's arcs, and from each state the states that a way leads to without a saving state inside."""
    arcs = {
        RUNNING: [STOP, PRE_COPY], STOP_COPY: [STOP], RESUMING: [STOP], PRE_COPY: [RUNNING, STOP_COPY],
        STOP: [RUNNING, STOP_COPY, RESUMING],
    }
    reached = {}
    for start in arcs:
        found, front = set(), [start]
        while front:
            here = front.pop()
            for following in arcs[here]:
                if following not in found:
                    found.add(following)
                    if following not in (STOP_COPY, PRE_COPY):
                        front.append(following)
        reached[start] = found - {start}
    reached[STOP_COPY] -= {PRE_COPY}
    return reached


def states(checks, minor, path):
    reached = ways()
    with opened(path, minor) as peer:
        for start, target in itertools.permutations(reached, 2):
            peer.done(Command.DEVICE_RESET)
            change(peer, start)
            got = peer.refused(Command.DEVICE_FEATURE, set_state(target))
            if target in reached[start]:
                checks.equal(f"from {start} to {target}", (got, state(peer)), (0, target))
            else:
                checks.refused(f"from {start} to {target}", got, EINVAL)
                checks.equal(f"from {start} to {target}: it stays", state(peer), start)
        for start, target in itertools.product(reached, (ERROR, RUNNING_P2P, PRE_COPY_P2P, 8, 0xFFFFFFFF)):
            peer.done(Command.DEVICE_RESET)
            change(peer, start)
            got = peer.refused(Command.DEVICE_FEATURE, set_state(target))
            checks.refused(f"from {start} to {target:#x}, which is not used here", got, EINVAL)
            checks.equal(f"from {start} to {target:#x}: it stays", state(peer), start)
        for start in reached:
            change(peer, RUNNING) if start != RESUMING else peer.done(Command.DEVICE_RESET)
            change(peer, start)
            checks.equal(f"DEVICE_RESET in {start}: no payload", peer.done(Command.DEVICE_RESET).payload, b"")
            checks.equal(f"DEVICE_RESET in {start}: it runs", state(peer), RUNNING)
        change(peer, STOP)
    with opened(path, minor) as peer:
        checks.equal("the state outlives a client", state(peer), STOP)
        peer.done(Command.DEVICE_RESET)
