"""VERSION, and how messages may come."""

import json
import os
import struct
import time
from errno import EINVAL

from wire import ERROR, HEADER, NO_REPLY, REPLY, Command, Gone, Peer, opened

LIMITS = {"max_msg_fds", "max_data_xfer_size", "max_dma_maps", "pgsizes"}


def version(checks, minor, path):
    with Peer(path) as peer:
        reply = peer.version(minor, {"capabilities": {"max_msg_fds": 8, "migration": {"pgsize": 4096}}})
        checks.equal("VERSION: major", struct.unpack_from("=HH", reply.payload), (0, minor))
        checks.equal("VERSION: the text ends with NUL", reply.payload[-1], 0)
        text = json.loads(reply.payload[4:-1])
        checks.equal("VERSION: the text has capabilities alone", list(text), ["capabilities"])
        theirs = text["capabilities"]
        checks.true("VERSION: nothing that was not proposed", set(theirs) - LIMITS <= {"migration"}, str(theirs))
        checks.true("VERSION: max_data_xfer_size", theirs.get("max_data_xfer_size", 1 << 20) >= 4096, str(theirs))
        checks.equal("VERSION: page size of dirty bitmaps", theirs.get("migration"), {"pgsize": 4096})
        checks.refused("a second VERSION", peer.version(minor, {}).error, EINVAL)
        peer.done(Command.DEVICE_GET_INFO, struct.pack("=4I", 16, 0, 0, 0))
        checks.true("a second VERSION: the conversation goes on", True)
    proposals = [
        ("a text of no bytes", None, set()),
        ("an empty text", {}, set()),
        ("no capabilities", {"capabilities": {}}, set()),
        ("unknown names", {"capabilities": {"of_the_future": [1]}, "more": 2}, set()),
        ("write_multiple", {"capabilities": {"write_multiple": True}}, {"write_multiple"}),
        ("write_multiple not wanted", {"capabilities": {"write_multiple": False}}, set()),
        ("a twin socket not wanted", {"capabilities": {"twin_socket": {"supported": False}}}, set()),
        ("a twin socket", {"capabilities": {"twin_socket": {"supported": True}}}, {"twin_socket"}),
    ]
    for what, text, expected in proposals:
        with Peer(path) as peer:
            reply = peer.version(minor, text)
            theirs = json.loads(reply.payload[4:-1]).get("capabilities", {})
            checks.equal(f"VERSION with {what}", {name for name in theirs if theirs[name]} - LIMITS, expected)
            twin = theirs.get("twin_socket", {})
            checks.equal(f"VERSION with {what}: descriptors", len(reply.fds), 1 if twin.get("supported") else 0)
            checks.equal(f"VERSION with {what}: fd_index", twin.get("fd_index"), 0 if twin else None)
    for proposed in (0, 1, 2, 9, 0xFFFF):
        with Peer(path) as peer:
            got = struct.unpack_from("=HH", peer.version(proposed, {}).payload)
            checks.equal(f"VERSION 0.{proposed}: not more than proposed", got, (0, min(proposed, minor)))
    refusals = [
        ("major 1", dict(text={}, major=1)),
        ("text without NUL", dict(text=b"{}")),
        ("bad JSON", dict(text=b"{\"capabilities\":\0")),
        ("a string for a number", dict(text={"capabilities": {"max_msg_fds": "8"}})),
    ]
    for what, more in refusals:
        with Peer(path) as peer:
            checks.refused(f"VERSION with {what}", peer.version(minor, **more).error, EINVAL)
            checks.true(f"VERSION with {what}: the conversation ends", peer.is_gone())
    with Peer(path) as peer:
        reply = peer.ask(Command.VERSION, b"\0\0")
        checks.refused("VERSION of 2 bytes", reply.error, EINVAL)
    with Peer(path) as peer:
        checks.refused(
            "another command before VERSION", peer.refused(Command.DEVICE_GET_INFO, struct.pack("=4I", 16, 0, 0, 0)),
            EINVAL)
        checks.true("another command before VERSION: the conversation ends", peer.is_gone())


def order(checks, minor, path):
    """Pieces, pipelines and commands without a reply."""
    read = struct.pack("=QII", 0, 7, 4)
    with opened(path, minor) as peer:
        ids = [peer.send(Command.REGION_READ, struct.pack("=QII", n * 4, 7, 4)) for n in range(16)]
        replies = [peer.receive() for _ in ids]
        checks.equal("16 commands at once: replies in order", [reply.id for reply in replies], ids)
        offsets = [struct.unpack_from("=Q", reply.payload)[0] for reply in replies]
        checks.equal("16 commands at once: each its own reply", offsets, [n * 4 for n in range(16)])
        head = HEADER.pack(0xFFFF, Command.REGION_READ, HEADER.size + len(read), 0, 0)
        for name, pieces in [
            ("header, then payload", [head, read]),
            ("header in two pieces", [head[:7], head[7:] + read]),
            ("byte after byte", [bytes([byte]) for byte in head + read]),
            ("payload in two pieces", [head + read[:3], read[3:]]),
        ]:
            for piece in pieces:
                peer.send_raw(piece)
                time.sleep(0.002)
            reply = peer.receive()
            checks.equal(f"{name}: answered", (reply.id, reply.flags, len(reply.payload)), (0xFFFF, REPLY, 20))
        same = [peer.send_raw(head + read) for _ in range(3)]
        checks.equal("the same id three times", [peer.receive().id for _ in same], [0xFFFF] * 3)
        peer.send(Command.REGION_WRITE, struct.pack("=QII", 0x3C, 7, 1) + b"\x2a", flags=NO_REPLY)
        peer.send(Command.REGION_READ, struct.pack("=QII", 0, 99, 4), flags=NO_REPLY)
        peer.send(77, b"", flags=NO_REPLY)
        reply = peer.done(Command.REGION_READ, struct.pack("=QII", 0x3C, 7, 1))
        checks.equal("No_reply: done before the next, errors are silent", reply.payload[16:], b"\x2a")
        reply = peer.ask(Command.REGION_READ, read, flags=ERROR)
        checks.equal("the Error flag in a command means nothing", reply.flags, REPLY)
    for kind in (1, 2, 15):
        with opened(path, minor) as peer:
            checks.refused(f"message type {kind}", peer.refused(Command.REGION_READ, read, flags=kind), EINVAL)
            checks.true(f"message type {kind}: the conversation ends", peer.is_gone())
    for size in (0, 1, 15):
        with opened(path, minor) as peer:
            checks.refused(f"message size {size}", peer.refused(Command.DEVICE_RESET, size=size), EINVAL)
            checks.true(f"message size {size}: the conversation ends", peer.is_gone())
    for size in (1 << 24, 0xFFFFFFFF):
        with opened(path, minor) as peer:
            checks.refused(f"message size {size:#x}", peer.refused(Command.REGION_WRITE, size=size), EINVAL)
            checks.true(f"message size {size:#x}: the conversation ends", peer.is_gone())
    with opened(path, minor) as peer:
        extra = [os.dup(0) for _ in range(20)]
        peer.done(Command.REGION_READ, read, fds=extra)
        peer.done(Command.REGION_READ, read)
        checks.true("descriptors that nobody wants", True)
        for fd in extra:
            os.close(fd)
    with opened(path, minor) as peer:
        peer.send_raw(HEADER.pack(1, Command.REGION_READ, 1000, 0, 0) + b"\0" * 10)
    with opened(path, minor) as peer:
        checks.true("a client that leaves in the middle of a message: the next is served", peer.done(
            Command.REGION_READ, read) is not None)
