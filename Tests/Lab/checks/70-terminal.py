"""The user of the terminal program: finds the mtty device, stops it, lets it run, moves it to another one, and quits."""

import os
import re

NAMES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "guest", "names.sh")
with open(NAMES) as names:
    text = names.read()
    DEVICE, OTHER = (re.search(rf"MTTY_{name}=(\S+)", text).group(1) for name in "AB")

# How the step menu names a state, and how the device's view shows it.
STATES = {"stop": r"\bSTOP \(1\)", "running": r"\bRUNNING \(2\)"}


def run(terminal, check):
    def expect(name, happened):
        """One check; what comes after a failed one would only fail too."""
        check(name, happened, [row for row in terminal.rows() if row])
        if not happened:
            raise AssertionError

    def step(state):
        terminal.type("s")
        terminal.pump(0.5)
        expect(f"the step menu offers {state}", terminal.select(rf"\W{state} +allowed"))
        terminal.type("\r")
        terminal.pump(0.5)
        terminal.type("y")
        terminal.pump(0.5)
        expect(f"the device is shown {state}", terminal.wait_for(STATES[state]))

    try:
        terminal.type("\r")
        expect("the console has a shell", terminal.wait_for("#"))
        terminal.type("stty -g >/tmp/before; vfioscope\r")
        expect("the terminal program lists the groups", terminal.wait_for("IOMMU groups"))
        terminal.type(f"/{DEVICE}\r")
        expect("the filter finds the mtty device", terminal.wait_for(f"─ {DEVICE}"))
        expect("the device can be chosen", terminal.select(f"─ {DEVICE}"))
        terminal.type("\r")
        expect("its state is shown", terminal.wait_for(STATES["running"]))
        terminal.type("a")
        terminal.pump(0.5)
        terminal.type("y")
        terminal.pump(0.5)
        step("stop")
        step("running")
        terminal.type("m")
        terminal.pump(0.5)
        expect("the other mtty device is offered as a destination", terminal.select(OTHER))
        terminal.type("\r")
        expect("it says what will be lost", terminal.wait_for(rf"Destination: {OTHER}"))
        terminal.type("y")
        expect("the flow view says that the end was seen", terminal.wait_for("End seen: all data was moved"))
        expect("it says how much was moved", terminal.shows(r"\d+ bytes in .*downtime"))
        expect("the source was read back stopped", terminal.shows(rf"{DEVICE} is in stop, read back"))
        expect("the destination was read back running", terminal.shows(rf"{OTHER} is in running, read back"))
        leave(terminal)
        expect("the terminal is sane afterwards", is_sane(terminal))
    except AssertionError:
        leave(terminal)
    terminal.type("\x15exit\r")
    terminal.pump(1)


def leave(terminal):
    """Quits, from however deep in the program; what it did not take ends on the shell's line."""
    for key in "\x1b", "q", "q", "q":
        terminal.type(key)
        terminal.pump(0.5)


def is_sane(terminal):
    terminal.type("\x15")
    terminal.type('[ "$(stty -g)" = "$(cat /tmp/before)" ] && echo as it w""as\r')
    return terminal.wait_for("as it was") and not terminal.screen.cursor.hidden
