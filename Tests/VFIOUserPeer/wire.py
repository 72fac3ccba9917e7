"""vfio-user messages as the protocol's text lays them out: 16 bytes of header, a payload, descriptors.

Written from the text alone (libvfio-user's docs/vfio-user.rst 0.9.1 and 0.9.2, QEMU's docs/interop/vfio-user.rst), so
that it is a second opinion on what the program makes of it.
"""

import array
import collections
import enum
import json
import os
import select
import socket
import struct
import time

HEADER = struct.Struct("=HHIII")
REPLY, NO_REPLY, ERROR = 0x1, 0x10, 0x20
PATIENCE = 9.0

Message = collections.namedtuple("Message", "id command size flags error payload fds")


class Command(enum.IntEnum):
    VERSION = 1
    DMA_MAP = 2
    DMA_UNMAP = 3
    DEVICE_GET_INFO = 4
    DEVICE_GET_REGION_INFO = 5
    DEVICE_GET_REGION_IO_FDS = 6
    DEVICE_GET_IRQ_INFO = 7
    DEVICE_SET_IRQS = 8
    REGION_READ = 9
    REGION_WRITE = 10
    DMA_READ = 11
    DMA_WRITE = 12
    DEVICE_RESET = 13
    DIRTY_PAGES = 14
    REGION_WRITE_MULTI = 15
    DEVICE_FEATURE = 16
    MIG_DATA_READ = 17
    MIG_DATA_WRITE = 18


class Gone(Exception):
    """The server has ended the conversation."""


class Peer:
    """A client of one server. Commands of the server's that come meanwhile are kept, answered by `memory`."""

    def __init__(self, path):
        # It waits while the server still has another client and one in its queue.
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.socket.settimeout(PATIENCE)
        self.twin = None
        self.next_id = 100
        # Called with (command, address, count, data) of the server's own commands; returns the data of a read.
        self.memory = None
        # The server's own commands, with the socket they came by.
        self.commands = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()
        if self.twin:
            self.twin.close()

    # sending

    def send(self, command, payload=b"", fds=(), flags=0, size=None):
        """Sends a whole message in one piece; returns its id."""
        self.next_id = (self.next_id + 1) & 0xFFFF
        size = HEADER.size + len(payload) if size is None else size
        self.send_raw(HEADER.pack(self.next_id, command, size, flags, 0) + payload, fds)
        return self.next_id

    def send_raw(self, data, fds=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        sent = self.socket.sendmsg([data], rights)
        if sent < len(data):
            self.socket.sendall(data[sent:])

    # receiving

    def take(self, source, count):
        """`count` bytes, and the descriptors that came with the first of them."""
        data, fds = b"", []
        while len(data) < count:
            room = socket.CMSG_SPACE(64 * 4) if not data else 0
            try:
                part, rights, _, _ = source.recvmsg(count - len(data), room, socket.MSG_CMSG_CLOEXEC)
            except ConnectionError:
                raise Gone from None
            for level, kind, numbers in rights:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    got = array.array("i")
                    got.frombytes(numbers[: len(numbers) - len(numbers) % got.itemsize])
                    fds += got
            if not part:
                raise Gone
            data += part
        return data, fds

    def take_message(self, source):
        head, fds = self.take(source, HEADER.size)
        header = HEADER.unpack(head)
        payload, _ = self.take(source, header[2] - HEADER.size) if header[2] > HEADER.size else (b"", [])
        return Message(*header, payload, fds)

    def receive(self):
        """The next reply."""
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self.look(max(0, deadline - time.monotonic()))
            if message:
                return message
            if time.monotonic() >= deadline:
                raise TimeoutError("no reply came")

    def look(self, seconds):
        """The reply that comes in this time, if one does; commands of the server's are answered."""
        sources = [self.socket] + ([self.twin] if self.twin else [])
        ready, _, _ = select.select(sources, [], [], seconds)
        for source in ready:
            message = self.take_message(source)
            if message.flags & 0xF == REPLY:
                return message
            self.answer(source, message)
        return None

    def listen(self, seconds):
        """Answers the server's commands for so long; nothing else may come."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            reply = self.look(max(0, end - time.monotonic()))
            assert reply is None, f"a reply that nobody waits for: {reply}"

    def answer(self, source, message):
        self.commands.append((source, message))
        address, count = struct.unpack_from("=QQ", message.payload)
        data = self.memory(message.command, address, count, message.payload[16:]) if self.memory else None
        if data is None:
            reply = HEADER.pack(message.id, message.command, HEADER.size, REPLY | ERROR, 22)
        else:
            body = struct.pack("=QQ", address, count) + data
            reply = HEADER.pack(message.id, message.command, HEADER.size + len(body), REPLY, 0) + body
        if not message.flags & NO_REPLY:
            source.sendall(reply)

    # asking

    def ask(self, command, payload=b"", fds=(), **more):
        """The reply to a command, whose header has to be the one that belongs to it."""
        number = self.send(command, payload, fds, **more)
        reply = self.receive()
        self.check_header(reply, number, command)
        return reply

    def check_header(self, reply, number, command):
        assert (reply.id, reply.command) == (number, command), f"the reply is to another message: {reply}"
        assert reply.flags in (REPLY, REPLY | ERROR), f"flags {reply.flags:#x} in a reply"
        if reply.flags & ERROR:
            assert reply.size == HEADER.size, f"an error reply of {reply.size} bytes"
        else:
            assert reply.error == 0, f"error {reply.error} in a reply without the flag"

    def done(self, command, payload=b"", fds=(), **more):
        """The reply to a command that has to succeed."""
        reply = self.ask(command, payload, fds, **more)
        assert not reply.flags & ERROR, f"{Command(command).name} failed with {reply.error}"
        return reply

    def refused(self, command, payload=b"", fds=(), **more):
        """The errno of a command that has to fail; 0 when it did not."""
        reply = self.ask(command, payload, fds, **more)
        return reply.error if reply.flags & ERROR else 0

    def is_gone(self):
        """Whether the server ends the conversation."""
        try:
            self.take(self.socket, 1)
            return False
        except Gone:
            return True

    def version(self, minor, text=None, major=0, fds=()):
        """The reply to VERSION."""
        data = b"" if text is None else (text if isinstance(text, bytes) else json.dumps(text).encode() + b"\0")
        return self.ask(Command.VERSION, struct.pack("=HH", major, minor) + data, fds)


def opened(path, minor, **capabilities):
    """A client that has agreed on the version, with these capabilities; with `twin_socket`, on that too."""
    peer = Peer(path)
    proposed = {"max_msg_fds": 8, "max_data_xfer_size": 1 << 20} | capabilities
    reply = peer.version(minor, {"capabilities": proposed})
    assert not reply.flags & ERROR, f"VERSION failed with {reply.error}"
    twin = json.loads(reply.payload[4:-1])["capabilities"].get("twin_socket", {})
    if twin.get("supported"):
        peer.twin = socket.socket(fileno=reply.fds[twin["fd_index"]])
        peer.twin.settimeout(PATIENCE)
    else:
        assert not reply.fds, "a descriptor that nobody asked for"
    return peer


def memory_file(size):
    """A file in memory that can be passed on."""
    fd = os.memfd_create("peer")
    os.ftruncate(fd, size)
    return fd
