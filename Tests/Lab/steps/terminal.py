"""A user at the guest's third serial line: types keys and reads the screen, which pyte keeps."""

import re
import select
import time

import pyte

ROWS, COLUMNS = 36, 120


class Terminal:
    def __init__(self, line):
        self.line = line
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        # Programs ask for the cursor's place, and wait for the answer.
        self.screen.write_process_input = lambda text: self.line.sendall(text.encode())

    def type(self, keys):
        self.line.sendall(keys.encode())

    def pump(self, seconds):
        """Reads until nothing has come for this long."""
        while select.select([self.line], [], [], seconds)[0]:
            data = self.line.recv(65536)
            if not data:
                return
            self.stream.feed(data)

    def rows(self):
        return [row.rstrip() for row in self.screen.display]

    def wait_for(self, pattern, seconds=20):
        """Whether the pattern appears on the screen in time."""
        end = time.monotonic() + seconds
        while not self.shows(pattern) and time.monotonic() < end:
            self.pump(0.1)
        return self.shows(pattern)

    def shows(self, pattern):
        return any(re.search(pattern, row) for row in self.rows())

    def selected(self):
        """The texts drawn as the cursor of a list is: reversed, or on a background."""
        for row in range(ROWS):
            cells = (self.screen.buffer[row][column] for column in range(COLUMNS))
            yield "".join(c.data for c in cells if c.reverse or c.bg != "default")

    def select(self, pattern, tries=60):
        """Moves the cursor of a list down to a row with the pattern."""
        for _ in range(tries):
            if any(re.search(pattern, text) for text in self.selected()):
                return True
            self.type("j")
            self.pump(0.3)
        return False
