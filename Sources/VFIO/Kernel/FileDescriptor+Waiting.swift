import Glibc

/// Calls that do not wait, and the one that does.
extension FileDescriptor {
  /// Makes reads and writes fail with `EAGAIN` where they would wait.
  func setNonBlocking() {
    // This can only fail for a number that is no open file, and then everything after it says so.
    _ = fcntl(borrowed, F_SETFL, fcntl(borrowed, F_GETFL) | O_NONBLOCK)
  }

  /// `poll`, begun again when a signal interrupts it.
  ///
  /// - Returns: false when the deadline came first. What is wrong with the file, if anything, the next call tells.
  func wait(
    for direction: StreamDirection, until deadline: ContinuousClock.Instant?, as operation: Operation
  ) throws(DeviceError) -> Bool {
    let events = direction == .reading ? POLLIN : POLLOUT
    var asked = pollfd(fd: borrowed, events: Int16(events), revents: 0)
    while true {
      let left = deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
      let ready = poll(&asked, 1, left?.pollTimeout ?? -1)
      if ready > 0 { return true }
      guard ready == 0 || Errno.current == .EINTR else { throw DeviceError(operation, .current) }
      if ready == 0, left == .zero { return false }
    }
  }
}

extension Duration {
  /// Milliseconds, rounded up so that the wait never ends early; very long waits are made in several.
  fileprivate var pollTimeout: Int32 {
    let (seconds, attoseconds) = components
    guard seconds < 1_000_000 else { return 1_000_000_000 }
    return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
