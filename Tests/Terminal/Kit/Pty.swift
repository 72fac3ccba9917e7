import Glibc

/// The two ends of a new pseudo-terminal: a descriptor, and the name of what the program opens.
///
/// Not `openpty`, which cannot mark the descriptor close-on-exec: programs that other tests start at the same time would
/// keep the terminal open.
final class Pty {
  let master: Int32
  let terminalName: String

  // Of <asm-generic/ioctls.h>; macros that do not import.
  private static let getNumber: UInt = 0x8004_5430  // TIOCGPTN
  private static let setLock: UInt = 0x4004_5431  // TIOCSPTLCK

  init(rows: Int, columns: Int) throws {
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0 else { throw PtyError(description: "/dev/ptmx: errno \(errno)") }
    var number: Int32 = 0
    var unlocked: Int32 = 0
    let isReady = ioctl(master, Self.setLock, &unlocked) == 0 && ioctl(master, Self.getNumber, &number) == 0
    terminalName = "/dev/pts/\(number)"
    guard isReady else { throw PtyError(description: "a pseudo-terminal: errno \(errno)") }
    resize(rows: rows, columns: columns)
  }

  deinit { close(master) }

  /// Changes the size; the programs on it get SIGWINCH.
  func resize(rows: Int, columns: Int) {
    var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }
}
