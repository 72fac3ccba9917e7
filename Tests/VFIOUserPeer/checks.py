"""One line for each thing that was compared."""

import errno


class Checks:
    def __init__(self):
        self.failures = 0

    def equal(self, what, got, expected):
        """Both have to be the same."""
        if got == expected:
            print(f"ok {what}", flush=True)
        else:
            self.failures += 1
            print(f"FAILED {what}: got {got!r}, expected {expected!r}", flush=True)
        return got == expected

    def true(self, what, holds, detail=""):
        """It has to be so; `detail` says what was found."""
        if holds:
            print(f"ok {what}", flush=True)
        else:
            self.failures += 1
            print(f"FAILED {what} {detail}", flush=True)

    def refused(self, what, got, expected):
        """The command has to be refused with one of these numbers."""
        expected = expected if isinstance(expected, tuple) else (expected,)
        names = " or ".join(errno.errorcode[number] for number in expected)
        self.true(f"{what}: {names}", got in expected, f"but {errno.errorcode.get(got, 'done')}")
