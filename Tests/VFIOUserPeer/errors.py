"""Commands that are refused, and what is left standing after that."""

import struct
from errno import EINVAL

from wire import Command, opened

INFO = struct.pack("=4I", 16, 0, 0, 0)


def errors(checks, minor, path):
    others = [Command.DIRTY_PAGES] if minor == 2 else [
        Command.DEVICE_FEATURE, Command.MIG_DATA_READ, Command.MIG_DATA_WRITE]
    with opened(path, minor) as peer:
        for number in (0, 19, 77, 0xFFFF):
            checks.refused(f"command {number}", peer.refused(number, b"\0" * 24), EINVAL)
        for command in others:
            for payload in (struct.pack("=2I", 16, 1), struct.pack("=2I", 16, 1 | 1 << 16), b"", b"\0" * 64):
                got = peer.refused(command, payload)
                checks.refused(f"{command.name} of the other generation, {len(payload)} bytes", got, EINVAL)
        for command in (Command.DMA_READ, Command.DMA_WRITE):
            checks.refused(f"{command.name} from a client", peer.refused(command, struct.pack("=QQ", 0, 0)), EINVAL)
        checks.refused(
            "DEVICE_GET_REGION_IO_FDS, which is optional",
            peer.refused(Command.DEVICE_GET_REGION_IO_FDS, struct.pack("=4I", 16, 0, 0, 0)), EINVAL)
        for command in Command:
            if command in (Command.VERSION, Command.DEVICE_RESET):
                continue
            for payload in (b"", b"\0" * 3, b"\xff" * 3):
                got = peer.refused(command, payload)
                checks.refused(f"{command.name} of {len(payload)} bytes", got, EINVAL)
        reply = peer.done(Command.DEVICE_GET_INFO, INFO)
        checks.equal("after all of that the conversation goes on", len(reply.payload), 16)
