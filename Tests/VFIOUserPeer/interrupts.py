"""SET_IRQS with eventfds."""

import os
import signal
import socket
import struct
import time
from errno import EINVAL

from wire import Command, opened

SET = struct.Struct("=5I")
NONE, BOOL, EVENTFD, MASK, UNMASK, TRIGGER = (1 << bit for bit in range(6))
INTX, MSI, ERR, REQ = 0, 1, 3, 4


def request(flags, index, start, count, data=b"", argsz=None):
    return SET.pack(SET.size + len(data) if argsz is None else argsz, flags, index, start, count) + data


def count(event):
    """How often it was raised since the last look."""
    try:
        return os.eventfd_read(event)
    except BlockingIOError:
        return 0


def interrupts(checks, minor, path):
    events = {index: os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) for index in (INTX, ERR, REQ)}
    with opened(path, minor) as peer:
        def ask(*arguments, fds=(), **more):
            return peer.refused(Command.DEVICE_SET_IRQS, request(*arguments, **more), fds=fds)

        for index, event in events.items():
            reply = peer.done(Command.DEVICE_SET_IRQS, request(EVENTFD | TRIGGER, index, 0, 1), fds=[event])
            checks.equal(f"interrupt {index}: an eventfd is taken", reply.payload, b"")
            checks.equal(f"interrupt {index}: not raised by that", count(event), 0)
            checks.equal(f"interrupt {index}: triggered", ask(NONE | TRIGGER, index, 0, 1), 0)
            checks.equal(f"interrupt {index}: the eventfd says 1", count(event), 1)
        checks.equal("BOOL 1: triggered", (ask(BOOL | TRIGGER, INTX, 0, 1, data=b"\1"), count(events[INTX])), (0, 1))
        checks.equal("BOOL 0: not", (ask(BOOL | TRIGGER, INTX, 0, 1, data=b"\0"), count(events[INTX])), (0, 0))
        checks.equal("mask is taken", ask(NONE | MASK, INTX, 0, 1), 0)
        checks.equal("unmask is taken", ask(NONE | UNMASK, INTX, 0, 1), 0)
        checks.equal("no descriptor: let go of", ask(EVENTFD | TRIGGER, ERR, 0, 1), 0)
        ask(NONE | TRIGGER, ERR, 0, 1)
        checks.equal("no descriptor: not raised any more", count(events[ERR]), 0)
        checks.equal("count 0: all of the index are let go of", ask(NONE | TRIGGER, INTX, 0, 0), 0)
        ask(NONE | TRIGGER, INTX, 0, 1)
        checks.equal("count 0: not raised any more", count(events[INTX]), 0)
        for what, got in [
            ("index 5", ask(NONE | TRIGGER, 5, 0, 1)),
            ("an interrupt that is not there", ask(NONE | TRIGGER, MSI, 0, 1)),
            ("start 1 of 1", ask(NONE | TRIGGER, INTX, 1, 1)),
            ("start and count beyond 2^32", ask(NONE | TRIGGER, INTX, 0xFFFFFFFF, 2)),
            ("argsz 19", ask(NONE | TRIGGER, INTX, 0, 1, argsz=19)),
            ("unknown flags", ask(NONE | TRIGGER | 64, INTX, 0, 1)),
            ("no data flag", ask(TRIGGER, INTX, 0, 1)),
            ("two data flags", ask(NONE | BOOL | TRIGGER, INTX, 0, 1, data=b"\1")),
            ("no action", ask(NONE, INTX, 0, 1)),
            ("two actions", ask(NONE | MASK | TRIGGER, INTX, 0, 1)),
            ("BOOL without its bytes", ask(BOOL | TRIGGER, INTX, 0, 1)),
            ("two descriptors for one interrupt",
             ask(EVENTFD | TRIGGER, INTX, 0, 1, fds=[events[INTX], events[INTX]])),
            ("of 16 bytes", peer.refused(Command.DEVICE_SET_IRQS, b"\0" * 16)),
        ]:
            checks.refused(f"SET_IRQS {what}", got, EINVAL)
    with opened(path, minor) as peer:
        full = os.eventfd(0, os.EFD_CLOEXEC)
        os.eventfd_write(full, (1 << 64) - 2)
        peer.done(Command.DEVICE_SET_IRQS, request(EVENTFD | TRIGGER, INTX, 0, 1), fds=[full])
        peer.done(Command.DEVICE_SET_IRQS, request(NONE | TRIGGER, INTX, 0, 1))
        checks.true("an eventfd that is full and would block does no harm", True)
        reading, writing = os.pipe()
        os.close(reading)
        got = peer.refused(Command.DEVICE_SET_IRQS, request(EVENTFD | TRIGGER, INTX, 0, 1), fds=[writing])
        checks.refused("a pipe that nobody reads in the place of an eventfd", got, EINVAL)
    with opened(path, minor) as peer:
        peer.done(Command.DEVICE_SET_IRQS, request(NONE | TRIGGER, REQ, 0, 1))
        checks.equal("eventfds of a client that has left are let go of", count(events[REQ]), 0)


def told_to_end(checks, minor, path):
    """A server that is told to end asks for its device back first."""
    event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    with opened(path, minor) as peer:
        peer.done(Command.DEVICE_SET_IRQS, request(EVENTFD | TRIGGER, REQ, 0, 1), fds=[event])
        server, _, _ = struct.unpack("=3i", peer.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        os.kill(server, signal.SIGTERM)
        checks.true("SIGTERM: the conversation ends", peer.is_gone())
        checks.equal("SIGTERM: the request interrupt was raised", count(event), 1)
        checks.true("SIGTERM: the socket is gone soon", vanishes(path))


def vanishes(path):
    deadline = time.monotonic() + 5
    while os.path.exists(path) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not os.path.exists(path)
