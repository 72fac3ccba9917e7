import Migration
import VFIO

extension UserFault {
  static let closedDataFD = UserFault(
    "close-data-fd", .lose,
    what: "Closes the data fd in the middle of its data, and asks for the next state.",
    expected: "It makes the change at once. Only data that it was given in part it may refuse.",
    checks: { protocolIs in protocolIs == .v2 ? [Check("V2-FD-11", closeDataFD)] : [] })

  /// A saving device has nothing to complain of; one that was given the half of its data may refuse them.
  private static func closeDataFD(_ bench: Bench) throws(Untried) -> Outcome {
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let saved = try v2.saved()
    var seen: [String] = []
    for state in [V2State.preCopy, .stopCopy] where V2Arcs(flags: v2.flags).states.contains(state) {
      try v2.enter(.running)
      let stream = try v2.open(state)
      // One byte: the rest is left in the device.
      _ = stream.readOnce(1)
      stream.close()
      let change = try v2.ask(.running).change
      let came = change.isDone ? "reached" : "refused: \(change.answer)"
      let words = "Closed in \(state.protocolName), RUNNING is \(came)"
      guard change.isDone, v2.state().value == .running else {
        return .broken("\(words); the state is \(v2.state().name).")
      }
      seen.append("\(words).")
    }
    let stream = try v2.open(.resuming)
    let half = saved.prefix(saved.count / 2)
    let taken = try stream.put(half)
    stream.close()
    let change = try v2.ask(.running).change
    seen.append(
      "Closed in RESUMING after \(half.count) of \(saved.count) bytes (\(taken)), RUNNING answers: \(change.answer).")
    return .kept(seen.joined(separator: " "))
  }
}
