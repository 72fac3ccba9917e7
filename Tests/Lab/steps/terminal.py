"""A user at the guest's third serial line: types keys and reads the screen, which pyte keeps."""

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

    def row_of(self, text):
        """The number of the first row that holds the text, or None."""
        return next((n for n, row in enumerate(self.screen.display) if text in row), None)

    def wait_for(self, text, seconds=20):
        """Whether the text appears on the screen in time."""
        end = time.monotonic() + seconds
        while self.row_of(text) is None and time.monotonic() < end:
            self.pump(0.1)
        return self.row_of(text) is not None

    def is_selected(self, row):
        """Whether some of the row is drawn as the cursor of a list is: reversed, or on a background."""
        cells = self.screen.buffer[row].values()
        return any(cell.reverse or cell.bg != "default" for cell in cells)

    def select(self, text, tries=60):
        """Moves the cursor of a list down to the row that holds the text."""
        for _ in range(tries):
            row = self.row_of(text)
            if row is not None and self.is_selected(row):
                return True
            self.type("j")
            self.pump(0.3)
        return False
