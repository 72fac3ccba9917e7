#!/usr/bin/env python3
"""A vfio-user server that answers well, or breaks off in one way or another: server.py SOCKET.

One conversation after the other, each in the next way; every reply brings descriptors that nobody has asked for.
"""

import array
import itertools
import os
import socket
import struct
import sys

from wire import ERROR, HEADER, REPLY, Command

VERSION = struct.pack("=HH", 0, 2) + b'{"capabilities":{"max_msg_fds":8}}\0'
TWIN = struct.pack("=HH", 0, 2) + b'{"capabilities":{"twin_socket":{"supported":true,"fd_index":1}}}\0'


def usual(command, payload):
    if command == Command.VERSION:
        return VERSION
    if command == Command.DEVICE_GET_INFO:
        return struct.pack("=4I", 16, 3, 9, 5)
    if command == Command.DEVICE_GET_REGION_INFO:
        return struct.pack("=4I2Q", 32, 7, struct.unpack_from("=I", payload, 8)[0], 0, 4096, 0)
    if command == Command.REGION_READ:
        return payload[:16] + b"\x11" * struct.unpack_from("=I", payload, 12)[0]
    return None


class Breaking(Exception):
    """The conversation is over."""


def reply(message, well, number):
    """The bytes of a reply; `well` says what is wrong with it, at the message with this number."""
    head, payload = message
    body = usual(head[1], payload)
    flags, error = (REPLY, 0) if body is not None else (REPLY | ERROR, 22)
    body = body or b""
    if number == 3 and well == "hangs up":
        raise Breaking
    if number == 3 and well == "another id":
        return HEADER.pack(head[0] ^ 1, head[1], 16, REPLY, 0)
    if number == 3 and well == "a size below 16":
        return HEADER.pack(head[0], head[1], 2, REPLY, 0)
    if number == 3 and well == "garbage":
        return b"\xa5" * 100
    if number == 3 and well == "cut":
        return HEADER.pack(head[0], head[1], 1000, REPLY, 0) + b"\0" * 10
    if number == 1 and well == "a twin socket":
        body = TWIN
    if number == 1 and well == "VERSION refused":
        return HEADER.pack(head[0], head[1], 16, REPLY | ERROR, 22)
    return HEADER.pack(head[0], head[1], 16 + len(body), flags, error) + body


WAYS = ["well", "hangs up", "another id", "a size below 16", "garbage", "cut", "a twin socket", "VERSION refused"]


def serve(connection, well, fds):
    for number in itertools.count(1):
        head = connection.recv(HEADER.size, socket.MSG_WAITALL)
        if len(head) < HEADER.size:
            return
        header = HEADER.unpack(head)
        payload = connection.recv(header[2] - HEADER.size, socket.MSG_WAITALL) if header[2] > HEADER.size else b""
        answer = reply((header, payload), well, number)
        connection.sendmsg([answer], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
        if number == 3 and well in ("garbage", "cut"):
            return


def main(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(64)
    file = os.memfd_create("server")
    os.ftruncate(file, 4096)
    print("listening", flush=True)
    for well in itertools.cycle(WAYS):
        connection, _ = listener.accept()
        ours, theirs = socket.socketpair()
        with connection, ours, theirs:
            try:
                serve(connection, well, [file, theirs.fileno(), file])
            except (Breaking, ConnectionError):
                pass


if __name__ == "__main__":
    main(sys.argv[1])
