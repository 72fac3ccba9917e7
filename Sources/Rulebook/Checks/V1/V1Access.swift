import Migration
import VFIO

/// How the registers are accessed.
enum V1Access {
  private typealias Register = V1Bench.Register

  static let checks: [Check] = [
    Check("V1-ACC-01") { (bench) throws(Untried) in
      let answer = try V1Bench(bench).read(4, at: Register.deviceState)
      guard let bytes = answer.value else { return .broken("Reading device_state is refused: \(answer).") }
      return bytes.count == 4
        ? .kept("4 bytes come, and read 0x\(hexadecimal(bytes.number(UInt32.self, at: 0) ?? 0)).")
        : .broken("\(bytes.count) of 4 bytes come.")
    },
    Check("V1-ACC-02", otherWidths),
    Check("V1-ACC-03", widths),
    Check("V1-ACC-04") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let answers = [(4, 2), (8, 12)].map { count, offset in (count, offset, v1.read(count, at: UInt64(offset))) }
      if let taken = answers.first(where: { $0.2.isDone }) {
        return .broken("Reading \(taken.0) bytes at offset \(taken.1) is not refused.")
      }
      return .kept("4 bytes at offset 2: \(answers[0].2); 8 bytes at offset 12: \(answers[1].2).")
    },
    Check("V1-ACC-05") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let before = v1.read(4, at: Register.reserved)
      guard before.value == [0, 0, 0, 0] else { return .broken("Reading the reserved word gives \(before), not 0.") }
      let written = v1.write([0xff, 0xff, 0xff, 0xff], at: Register.reserved)
      guard written.isDone else { return .broken("Writing the reserved word is refused: \(written).") }
      let after = v1.read(4, at: Register.reserved)
      return after.value == [0, 0, 0, 0]
        ? .kept("The reserved word reads 0, before and after it was written.")
        : .broken("After all bits were written to the reserved word it reads \(after).")
    },
    Check("V1-ACC-06") { (bench) throws(Untried) in
      let state = try bench.state()
      if state.isSaving { throw Untried("the device is saving, and reading pending_bytes would acknowledge its chunk") }
      let v1 = try V1Bench(bench)
      return try readOnly(Register.pendingBytes, "pending_bytes", v1, writing: 1)
    },
    Check("V1-ACC-07") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      try v1.enter(.stopCopy)
      let (offset, _) = try v1.openFirstChunk()
      return try readOnly(Register.dataOffset, "data_offset", v1, writing: offset + 8)
    },
    Check("V1-ACC-08", ownWrites),
  ]

  private static let registers: [(offset: UInt64, name: String, width: Int)] = [
    (Register.deviceState, "device_state", 4), (Register.pendingBytes, "pending_bytes", 8),
    (Register.dataOffset, "data_offset", 8), (Register.dataSize, "data_size", 8),
  ]

  /// In stop-copy all registers mean something. A device that can't get there is asked where it is.
  private static func otherWidths(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try? v1.enter(.stopCopy)
    var taken: [String] = []
    var refused: [String] = []
    for register in registers {
      var errors: [String] = []
      for count in [1, 2, 4, 8, 16] where count != register.width {
        let answer = v1.read(count, at: register.offset)
        if case .overran? = answer.refusal {
          return .broken("A read of \(count) bytes of \(register.name) wrote beyond its buffer.")
        }
        if let bytes = answer.value {
          taken.append("\(counted(count, "byte")) of \(register.name) \(count == 1 ? "gives" : "give") \(bytes.count)")
        }
        if let error = answer.errno?.name, !errors.contains(error) { errors.append(error) }
      }
      if !errors.isEmpty { refused.append("\(register.name) with \(errors.joined(separator: " or "))") }
    }
    let present = v1.state().value ?? V1State.running.rawValue
    if v1.write(Array([UInt8](number: present).prefix(2)), at: Register.deviceState).isDone {
      taken.append("a write of 2 bytes to device_state is taken")
    }
    let told = refused.isEmpty ? "" : " Refused: \(refused.joined(separator: ", "))."
    return taken.isEmpty
      ? .kept("16 reads and a write with other widths are refused.\(told)")
      : .broken("Not refused: \(taken.joined(separator: ", ")).\(told)")
  }

  private static func widths(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    // Outside a session the registers mean nothing: what comes there is only told.
    let outside = v1.read(8, at: Register.pendingBytes)
    try v1.enter(.stopCopy)
    // Each several times: a device may not give all of it always.
    for register in registers.filter({ $0.width == 8 }).flatMap({ [$0, $0, $0] }) {
      let answer = v1.read(8, at: register.offset)
      guard let bytes = answer.value else { return .broken("In stop-copy, \(register.name) is refused: \(answer).") }
      guard bytes.count == 8 else {
        return .broken("In stop-copy, \(bytes.count) of 8 bytes of \(register.name) come.")
      }
    }
    let part = outside.value.flatMap { $0.count == 8 ? nil : $0.count }
    return .kept(
      "In stop-copy all three give 8 bytes."
        + (part.map { " In running, \($0) of 8 bytes of pending_bytes come, which is left open." } ?? ""))
  }

  /// Writes this number to a register that can only be read.
  private static func readOnly(
    _ register: UInt64, _ name: String, _ v1: V1Bench, writing number: UInt64
  ) throws(Untried) -> Outcome {
    let before = v1.register(register)
    let written = v1.write([UInt8](number: number), at: register)
    let after = v1.register(register)
    if written.isDone {
      return .broken("Writing \(number) to \(name) is not refused. It read \(before), and reads \(after).")
    }
    return "\(before)" == "\(after)"
      ? .kept("Writing \(name) is refused: \(written). It still reads \(after).")
      : .broken("Writing \(name) is refused: \(written). But it read \(before), and reads \(after).")
  }

  /// This program's own saving, and then what the device makes of a write that the rule forbids.
  private static func ownWrites(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let touches = v1.ownSave(preCopy: true).touches + v1.ownSave(preCopy: false).touches
    for touch in touches {
      if case .setSize(let size) = touch { return .broken("This program wrote \(size) to data_size while it saved.") }
    }
    var answers: [String] = []
    for state in [V1State.running, .stopCopy] where v1.isIn(state) || (try? v1.enter(state)) != nil {
      answers.append("in \(state.name) \(v1.setDataSize(0))")
    }
    return .kept(
      "This program wrote no data_size in \(touches.count) accesses. A write of 0: \(answers.joined(separator: "; ")).")
  }
}
