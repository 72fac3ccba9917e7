import Migration
import VFIO

/// Migration by messages: DEVICE_FEATURE, MIG_DATA_READ and MIG_DATA_WRITE.
enum SocketMigration {
  static let checks: [Check] = [
    reading, writing, noDescriptor, sizes, noPeerToPeer, resetStopped, resetResuming, unknown,
  ]

  private static let reading = Check("VU-MIG-01") { (bench) throws(Untried) in
    let socket = try SocketBench(bench)
    try socket.need(.running)
    let reply = try socket.data(.migDataRead, size: 64)
    return reply.errno == .EINVAL
      ? .kept("MIG_DATA_READ in RUNNING answers EINVAL.") : .broken("MIG_DATA_READ in RUNNING: \(reply.words).")
  }

  private static let writing = Check("VU-MIG-02") { (bench) throws(Untried) in
    let socket = try SocketBench(bench)
    try socket.need(.running)
    let reply = try socket.data(.migDataWrite, size: 8, [UInt8](repeating: 0, count: 8))
    return reply.errno == .EINVAL
      ? .kept("MIG_DATA_WRITE in RUNNING answers EINVAL.") : .broken("MIG_DATA_WRITE in RUNNING: \(reply.words).")
  }

  /// What this program does when it looks at a device.
  private static let noDescriptor = Check("VU-MIG-03") { (bench) throws(Untried) in
    _ = try SocketBench(bench)
    _ = try V2Bench(bench)
    let first = bench.journal.count
    _ = try bench.state()
    let accesses = bench.accesses(since: first)
    let number = accesses.compactMap { $0.payload.number(Int32.self, at: 4) }.first ?? -1
    return accesses.contains { $0.operation == .streamClose }
      ? .broken("GET MIG_DEVICE_STATE gave data_fd \(number), and this program closed it.")
      : .kept("GET MIG_DEVICE_STATE gave data_fd \(number), which this program has left alone.")
  }

  private static let sizes = Check("VU-MIG-04") { (bench) throws(Untried) in
    let socket = try SocketBench(bench)
    _ = try V2Bench(bench).openSaving()
    let limit = socket.agreement.proposed.capabilities.maxDataXferSize ?? 1 << 20
    let large = try socket.data(.migDataRead, size: limit + 1)
    guard large.errno == .EINVAL else {
      return .broken("MIG_DATA_READ of \(limit + 1) bytes, where this side takes \(limit): \(large.words).")
    }
    let tight = try socket.data(.migDataRead, size: 64, argsz: 40)
    return tight.errno == .EINVAL
      ? .kept("MIG_DATA_READ of \(limit + 1) bytes, and of 64 with argsz 40, answers EINVAL.")
      : .broken("MIG_DATA_READ of 64 bytes with argsz 40: \(tight.words).")
  }

  private static let noPeerToPeer = Check("VU-MIG-05") { (bench) throws(Untried) in
    _ = try SocketBench(bench)
    return try refused([.runningP2P, .preCopyP2P], on: bench)
  }

  private static let unknown = Check("VU-MIG-08") { (bench) throws(Untried) in
    _ = try SocketBench(bench)
    return try refused([V2State(rawValue: 8), V2State(rawValue: .max)], on: bench)
  }

  private static func refused(_ states: [V2State], on bench: Bench) throws(Untried) -> Outcome {
    let v2 = try V2Bench(bench)
    let before = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
    for state in states {
      let change = v2.set(state)
      if let answer = change.answer.refusal, answer.errno == nil {
        return .broken("SET of state \(state.rawValue): \(answer).")
      }
      guard change.answer.errno == .EINVAL else { return .broken("SET of state \(state.rawValue): \(change.answer).") }
      let after = v2.state()
      guard after.value == before else {
        return .broken("SET of state \(state.rawValue) is refused, and the device is in \(after).")
      }
    }
    let numbers = states.map { "\($0.rawValue)" }.joined(separator: " and ")
    return .kept("SET of states \(numbers) answers EINVAL and changes nothing.")
  }

  private static let resetStopped = Check("VU-MIG-06") { (bench) throws(Untried) in
    _ = try SocketBench(bench)
    let v2 = try V2Bench(bench)
    let words = try [V2State.stop, .stopCopy].map { (state) throws(Untried) in
      try v2.enter(state)
      return "\(state.protocolName): \(v2.reset())"
    }
    return .seen("DEVICE_RESET in \(words.joined(separator: "; in ")).")
  }

  private static let resetResuming = Check("VU-MIG-07") { (bench) throws(Untried) in
    _ = try SocketBench(bench)
    let v2 = try V2Bench(bench)
    try v2.enter(.resuming)
    return .seen("DEVICE_RESET in RESUMING: \(v2.reset()).")
  }
}

extension V2Bench {
  /// Resets the device, and says what was answered and where that led.
  fileprivate func reset() -> String {
    let reset = Answer { () throws(DeviceError) in try device.reset() }
    let state = self.state()
    return "\(reset), then \(state.value?.protocolName ?? "\(state)")"
  }
}
