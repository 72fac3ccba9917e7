/// The data fds that state changes of protocol v2 have given out. Their numbers are the simulator's own.
struct DataFDs: Sendable {
  private var next: Int32 = 1000
  private var directions: [Int32: TransitionTable.Session] = [:]
  /// The open session's fd.
  private(set) var current: Int32?

  /// A session begins and gets an fd.
  mutating func open(_ session: TransitionTable.Session) {
    directions[next] = session
    current = next
    next += 1
  }

  /// The session has ended; its fd stays open and is good for nothing.
  mutating func endSession() {
    current = nil
  }

  mutating func close(_ number: Int32) {
    directions[number] = nil
  }

  /// The direction of an open fd.
  func direction(_ number: Int32) -> TransitionTable.Session? { directions[number] }
}
