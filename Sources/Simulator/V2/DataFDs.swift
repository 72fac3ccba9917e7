/// The data fds that state changes of protocol v2 have given out. Their numbers are the simulator's own.
struct DataFDs: Sendable {
  private var next: Int32 = 1000
  private var directions: [Int32: TransitionTable.Session] = [:]
  /// The open session's fd.
  private(set) var current: Int32?
  /// How many reads in the open session are still to find nothing ready.
  private var stalls: UInt64 = 0

  /// A session begins and gets an fd, on which so many reads find nothing ready.
  mutating func open(_ session: TransitionTable.Session, stalling stalls: UInt64) {
    self.stalls = stalls
    directions[next] = session
    current = next
    next += 1
  }

  /// The session has ended; its fd stays open and is good for nothing.
  mutating func endSession() {
    current = nil
  }

  /// Whether this read finds nothing ready.
  mutating func stall() -> Bool {
    guard stalls > 0 else { return false }
    stalls -= 1
    return true
  }

  mutating func close(_ number: Int32) {
    directions[number] = nil
  }

  /// The direction of an open fd.
  func direction(_ number: Int32) -> TransitionTable.Session? { directions[number] }
}
