import Glibc

/// What the benchmark times with.
enum Clock {
  /// The time of day: what a user waits.
  case wall
  /// The processor time of all threads together, as if one ran after the other. It stays the same while other programs
  /// take the processors.
  case processor

  var now: Duration {
    var time = timespec()
    clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// How long `work` takes.
  func time(_ work: () throws -> Void) rethrows -> Duration {
    let start = now
    try work()
    return now - start
  }
}
