"""The guest: QEMU's command line, and a process that is always ended with its caller."""

import contextlib
import socket
import subprocess
import time

# A file of addresses: guest/names.sh names the devices by the order they have here.
DEVICES = """
edu,addr=4
pcie-root-port,id=port1,chassis=1,addr=5       e1000e,bus=port1,netdev=net1
pcie-root-port,id=port2,chassis=2,addr=6       e1000e,bus=port2,netdev=net2
pcie-root-port,id=port3,chassis=3,addr=7       nvme,bus=port3,serial=lab,drive=disk
pcie-root-port,id=port4,chassis=4,addr=8       pcie-pci-bridge,id=bridge,bus=port4
edu,bus=bridge,addr=1                          e1000,bus=bridge,addr=2,netdev=net3
""".split()

# An emulated CPU on a busy machine is late for the kernel's own checks of its clocks; the first of
# them would even panic at boot. A guest that really hangs is found by the time limits in boot.py.
PATIENCE = "no_timer_check nowatchdog rcupdate.rcu_cpu_stall_suppress=1"

# The emulator repeats a string instruction one step at a time. A kernel that takes those of bytes for the fastest
# copies eight times as slowly as one that goes by words.
PROCESSOR = "max,erms=off,fsrm=off"


def command(kernel, image, words="", memory=()):
    """The part of the command line that all ways to run the guest share."""
    line = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
    line += ["-machine", "q35,accel=tcg,kernel-irqchip=split", "-cpu", PROCESSOR, "-smp", "2"]
    line += memory or ["-m", "1G"]
    line += ["-kernel", f"{kernel}/vmlinuz", "-initrd", image]
    line += ["-append", f"console=ttyS0 panic=-1 quiet loglevel=4 intel_iommu=on {PATIENCE} {words}"]
    line += ["-device", "intel-iommu,intremap=on,caching-mode=on"]
    for net in "net1", "net2", "net3":
        line += ["-netdev", f"user,id={net},restrict=on"]
    line += ["-drive", "if=none,id=disk,driver=null-co,size=64M"]
    for device in DEVICES:
        line += ["-device", device]
    return line


def all_there(mebibytes):
    """For memory that the host gives before the guest begins: giving it takes longer than a copy into it."""
    backend = f"memory-backend-ram,id=memory,size={mebibytes}M,prealloc=on"
    return ["-m", f"{mebibytes}M", "-object", backend, "-machine", "memory-backend=memory"]


@contextlib.contextmanager
def running(kernel, image, folder, words="", memory=()):
    """Runs the guest; gives the sockets of ttyS1 (results) and ttyS2 (a terminal)."""
    line = command(kernel, image, words, memory) + ["-serial", f"file:{folder}/ttyS0"]
    paths = [f"{folder}/ttyS1", f"{folder}/ttyS2"]
    for path in paths:
        line += ["-serial", f"unix:{path},server=on,wait=off"]
    process = subprocess.Popen(line, stdin=subprocess.DEVNULL)
    try:
        yield [connect(path, process) for path in paths]
    finally:
        process.kill()
        process.wait()


def connect(path, process, seconds=10):
    end = time.monotonic() + seconds
    while True:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(path)
            return line
        except OSError:
            line.close()
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit("lab: QEMU did not start")
            time.sleep(0.05)
