import Glibc
import Testing

/// Waits, for up to 20 s, until something that happens on another thread is so.
///
/// It keeps its thread: a test that let go of it would wait for all the others to get it back.
func wait(until isRight: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while try !isRight() {
    try #require(ContinuousClock.now < deadline, "waited in vain")
    usleep(1000)
  }
}
