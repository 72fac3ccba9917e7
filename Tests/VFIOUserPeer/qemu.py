#!/usr/bin/env python3
"""Lets a real QEMU start a machine with devices that vfioscope serves: qemu.py VFIOSCOPE FOLDER QEMU...

QEMU is a command (10.1 or newer, with its device vfio-user-pci), FOLDER one that it can reach by the same path. It is not
among the tests that always run, because few systems have such a QEMU yet. Prints a line for each check.
"""

import json
import os
import signal
import subprocess
import sys
import time

import checks

# What the simulator's devices are on the bus, by the protocol that they speak.
DEVICES = {"sim:v1-reference,size=1M": "5649:0001", "sim:v2-reference,size=1M": "5649:0002"}

MACHINE = [
    "-machine", "q35,accel=tcg,memory-backend=memory", "-m", "128",
    "-object", "memory-backend-memfd,id=memory,size=128M,share=on",
    "-nodefaults", "-display", "none", "-qmp", "stdio",
]


class Monitor:
    """A QEMU, and what it says of itself."""

    def __init__(self, command, path):
        device = {"driver": "vfio-user-pci", "id": "served", "socket": {"type": "unix", "path": path}}
        self.process = subprocess.Popen(
            command + MACHINE + ["-device", json.dumps(device)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ask(self, execute, **arguments):
        self.process.stdin.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            answer = json.loads(line)
            if "return" in answer or "error" in answer:
                return answer.get("return")
        return None

    def end(self):
        self.process.stdin.write('{"execute": "quit"}\n')
        return self.process.communicate(timeout=20)[1]


def started(checked, vfioscope, path, qemu, name, identity):
    server = subprocess.Popen(
        [vfioscope, "serve", name, "--socket", path, "--trace"], text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    first = server.stderr.readline()
    checked.true(f"{name} is served", "is served at" in first, first)
    monitor = Monitor(qemu, path)
    monitor.ask("qmp_capabilities")
    seen, deadline = "", time.monotonic() + 60
    while "BAR0: 64 bit prefetchable memory at" not in seen and time.monotonic() < deadline:
        time.sleep(0.5)
        seen = monitor.ask("human-monitor-command", **{"command-line": "info pci"}) or ""
    checked.true(f"{name} is on the bus as {identity}", f"PCI device {identity}" in seen, seen)
    checked.true(f"{name} has its BAR mapped by the firmware", "BAR0: 64 bit prefetchable memory at" in seen, seen)
    said = monitor.end()
    checked.true(f"{name} is nothing that QEMU complains about", not said.strip(), said)
    try:
        _, trace = server.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGTERM)
        _, trace = server.communicate()
    commands = {line.split()[4] for line in trace.splitlines() if " > " in line}
    asked = {"VERSION", "DMA_MAP", "DEVICE_GET_INFO", "DEVICE_GET_REGION_INFO", "REGION_READ", "REGION_WRITE",
             "DEVICE_SET_IRQS", "DEVICE_RESET"}
    checked.true(f"{name} was asked for all that QEMU needs", asked <= commands, str(sorted(commands)))
    refused = [line for line in trace.splitlines() if " < " in line and " error" in line]
    checked.true(f"{name} refused nothing", not refused, "\n".join(refused))
    checked.true(f"{name} leaves no socket behind", not os.path.exists(path), path)


def main(vfioscope, folder, *qemu):
    checked = checks.Checks()
    for name, identity in DEVICES.items():
        started(checked, vfioscope, os.path.join(folder, "vfioscope-qemu"), list(qemu), name, identity)
    return 1 if checked.failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
