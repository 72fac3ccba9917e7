import Glibc

/// What the benchmark times with.
enum Clock {
  /// The time of day: what a user waits.
  case wall
  /// The processor time of the thread that moves the data. It stays the same while other programs take the processors,
  /// but does not see the second thread that makes the digest.
  case processor

  var now: Duration {
    var time = timespec()
    clock_gettime(self == .wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// How long `work` takes.
  func time(_ work: () throws -> Void) rethrows -> Duration {
    let start = now
    try work()
    return now - start
  }
}
