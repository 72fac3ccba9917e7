"""Descriptors that the server holds, counted before and after many conversations, good and broken ones."""

import os
import socket
import struct
import time

from device import REGION
from interrupts import EVENTFD, INTX, TRIGGER, request
from memory import MAP, PAGE
from wire import HEADER, Command, Gone, Peer, memory_file, opened


def held(path, minor):
    """What the server holds while it serves a client that asks for nothing."""
    with opened(path, minor) as peer:
        server, _, _ = struct.unpack("=3i", peer.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return len(os.listdir(f"/proc/{server}/fd"))


def good(path, minor, fd, event):
    with opened(path, minor, twin_socket={"supported": True}) as peer:
        peer.memory = lambda command, address, count, data: b""
        peer.done(Command.DMA_MAP, MAP.pack(32, 3, 0, 0x10000, 4 * PAGE), fds=[fd])
        peer.done(Command.DMA_MAP, MAP.pack(32, 3, 0, 0x20000, 4 * PAGE))
        peer.done(Command.DEVICE_SET_IRQS, request(EVENTFD | TRIGGER, INTX, 0, 1), fds=[event])
        for index in range(8):
            reply = peer.done(Command.DEVICE_GET_REGION_INFO, REGION.pack(80, 0, index, 0, 0, 0))
            for passed in reply.fds:
                os.close(passed)


def unwanted(path, minor, fd, event):
    with opened(path, minor) as peer:
        peer.done(Command.REGION_READ, struct.pack("=QII", 0, 7, 4), fds=[fd] * 30)
        peer.ask(Command.DMA_MAP, MAP.pack(32, 3, 0, 0, PAGE), fds=[fd, fd])
        peer.ask(Command.DMA_MAP, MAP.pack(32, 3, 1 << 40, 0, PAGE), fds=[fd])
        peer.ask(Command.DMA_MAP, MAP.pack(32, 3, 0, 0, PAGE), fds=[peer.socket.fileno()])
        peer.ask(Command.DEVICE_SET_IRQS, request(EVENTFD | TRIGGER, INTX, 0, 1), fds=[event, event])
        peer.ask(77, b"", fds=[fd] * 64)


def replaced(path, minor, fd, event):
    with opened(path, minor) as peer:
        for _ in range(20):
            peer.done(Command.DEVICE_SET_IRQS, request(EVENTFD | TRIGGER, INTX, 0, 1), fds=[event])
            peer.done(Command.DMA_MAP, MAP.pack(32, 3, 0, 0x10000, PAGE), fds=[fd])
            peer.done(Command.DMA_UNMAP, struct.pack("=2I2Q", 24, 0, 0x10000, PAGE))


def broken(path, minor, fd, event):
    """Each ends in the middle of something, with descriptors on their way."""
    size = HEADER.size
    for bytes_sent, fds in [
        (b"", []),
        (b"\1", [fd]),
        (HEADER.pack(1, Command.VERSION, size + 4, 0, 0), [fd] * 3),
        (HEADER.pack(1, Command.VERSION, size + 4, 0, 0) + b"\0\0\2\0", [fd] * 3),
        (HEADER.pack(1, Command.DMA_MAP, 3, 0, 0), [fd]),
        (HEADER.pack(1, Command.DMA_MAP, 0xFFFFFFFF, 0, 0), [fd]),
        (HEADER.pack(1, Command.DMA_MAP, size + 32, 1, 0) + b"\0" * 32, [fd]),
        (b"\xff" * 200, [fd] * 10),
    ]:
        peer = Peer(path)
        try:
            if bytes_sent:
                peer.send_raw(bytes_sent, fds)
        except ConnectionError:
            pass
        peer.close()
        peer = opened(path, minor, twin_socket={"supported": True})
        try:
            peer.send(Command.DMA_MAP, MAP.pack(32, 3, 0, 0x10000, 4 * PAGE), [fd])
            if bytes_sent:
                peer.send_raw(bytes_sent, fds)
        except ConnectionError:
            pass
        peer.close()


def vanished(path, minor, fd, event):
    """A client that goes while it is asked for its memory."""
    peer = opened(path, minor)
    peer.done(Command.DMA_MAP, MAP.pack(32, 3, 0, 0x20000, 4 * PAGE))
    time.sleep(0.06)
    peer.close()


def descriptors(checks, minor, path):
    fd = memory_file(4 * PAGE)
    event = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    held(path, minor)
    before = held(path, minor)
    for kind, rounds in ((good, 20), (unwanted, 10), (replaced, 5), (broken, 3), (vanished, 5)):
        for _ in range(rounds):
            try:
                kind(path, minor, fd, event)
            except Gone:
                pass
        after = held(path, minor)
        checks.equal(f"{rounds} conversations, {kind.__name__}: as many descriptors as before", after, before)
