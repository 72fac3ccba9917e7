import Migration
import VFIO

/// What a reset does.
enum V1Reset {
  private typealias Register = V1Bench.Register

  static let checks: [Check] = [
    Check("V1-RST-01", everywhere),
    Check("V1-RST-02", dropsTheWindow),
    Check("V1-RST-03", givesUpALoad),
  ]

  private static func everywhere(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    var names: [String] = []
    for state in [V1State.stop, .stopCopy, .preCopy, .resuming] {
      guard (try? v1.enterAnew(state)) != nil else { continue }
      let answer = v1.reset()
      let after = v1.state()
      guard answer.isDone, after.value == V1State.running.rawValue else {
        return .broken("In \(state.name), a reset answers: \(answer); device_state then reads \(after.stateName).")
      }
      names.append(state.name)
    }
    guard !names.isEmpty else { throw Untried("no other state can be reached") }
    return .kept("A reset leads to running from \(names.joined(separator: ", ")).")
  }

  private static func dropsTheWindow(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let registers = [
      ("pending_bytes", Register.pendingBytes), ("data_offset", Register.dataOffset), ("data_size", Register.dataSize),
    ]
    let before = registers.map { v1.register($0.1) }
    try v1.enter(.preCopy)
    if try bench.need(v1.pendingBytes(), "pending_bytes") == 0 { try v1.enter(.stopCopy) }
    _ = try bench.need(v1.dataOffset(), "data_offset")
    let size = try bench.need(v1.dataSize(), "data_size")
    _ = try bench.need(v1.reset(), "a reset")
    guard v1.isIn(.running) else { throw Untried("a reset leads to \(v1.state().stateName)") }
    let after = registers.map { v1.register($0.1) }
    for (index, (name, _)) in registers.enumerated() {
      guard let value = after[index].value, value != 0, value != before[index].value else { continue }
      return .broken(
        "With a chunk of \(size) bytes in the window, the device was reset: \(name) reads \(value). On a device that runs it was: \(before[index])."
      )
    }
    let words = zip(registers, after).map { "\($0.0): \($1)" }.joined(separator: "; ")
    return .kept("With a chunk of \(size) bytes in the window, the device was reset. \(words).")
  }

  private static func givesUpALoad(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    guard let chunk = try v1.savedState(keeping: .beginning).chunks.first else {
      throw Untried("the device has no data")
    }
    let part = try chunk.prefix(max(1, chunk.count / 2)).bytes()
    try v1.enter(.resuming)
    let told =
      "Of a chunk of \(chunk.count) bytes, \(part.count) were given: \(v1.put(part).isDone ? "taken" : "refused")."
    let answer = v1.reset()
    guard answer.isDone, v1.isIn(.running) else {
      return .broken("\(told) A reset answers: \(answer); device_state then reads \(v1.state().stateName).")
    }
    try v1.enter(.resuming)
    _ = v1.put(part)
    return .kept("\(told) A reset leads to running. Without one: \(v1.change(to: .running).words).")
  }
}
