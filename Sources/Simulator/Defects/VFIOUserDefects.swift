import VFIO

/// Devices that, behind a vfio-user socket, have a server that breaks a rule. Without a socket they show nothing of it.
enum VFIOUserDefects {
  /// With either protocol of migration.
  static let both: [Defect] = [reply, error, version, overlap]
  /// With the migration region.
  static let v1: [Defect] = [migration]
  /// With device features.
  static let v2: [Defect] = [reading, writing, sizes, peerToPeer, unknown]

  static let all = both + v1 + v2

  private static let reply = replies("VU-MSG-01") { reply, _ in
    var changed = reply
    changed.header.command = .max
    return changed
  }

  /// What was asked comes back with the error.
  private static let error = replies("VU-MSG-02") { reply, command in
    var changed = reply
    if reply.header.flags.isError { changed.payload = Array(command.payload.prefix(16)) }
    return changed
  }

  /// A minor version that was not proposed.
  private static let version = replies("VU-VER-01") { reply, command in
    var changed = reply
    if command.command == .version, reply.payload.count >= 4 { changed.payload.put(number: UInt16(3), at: 2) }
    return changed
  }

  private static let migration = replies("VU-VER-03") { reply, command in
    guard command.command == .version, var version = try? WireVersion(payload: reply.payload) else { return reply }
    version.capabilities.migration = nil
    return command.done(version.payload)
  }

  private static let overlap = replies("VU-DMA-01") { reply, command in
    command.command == .dmaMap && reply.header.flags.isError ? command.done() : reply
  }

  private static let reading = inRunning("VU-MIG-01") { reply, command in
    guard command.command == .migDataRead, reply.header.flags.isError else { return reply }
    return command.done([UInt8](number: UInt32(8)) + [UInt8](number: UInt32(0)))
  }

  private static let writing = inRunning("VU-MIG-02") { reply, command in
    command.command == .migDataWrite && reply.header.flags.isError ? command.done() : reply
  }

  /// The device gives what there is, whatever room was said to be there.
  private static let sizes = Defect("VU-MIG-04") {
    var interference = Interference()
    interference.wire = WireInterference()
    interference.wire?.command = { command in
      guard command.command == .migDataRead, let size: UInt32 = command.payload.number(at: 4) else { return command }
      var changed = command
      let count = min(size, 1 << 20)
      changed.payload.put(number: count + 8, at: 0)
      changed.payload.put(number: count, at: 4)
      return changed
    }
    return interference
  }

  private static let peerToPeer = replies("VU-MIG-05", alsoBreaks: ["V2-STATE-05"]) { reply, command in
    let isPeerToPeer = command.state == .runningP2P || command.state == .preCopyP2P
    return isPeerToPeer && reply.header.flags.isError ? command.done(command.payload) : reply
  }

  private static let unknown = replies("VU-MIG-08", alsoBreaks: ["V2-STATE-03", "V2-STATE-09"]) { reply, command in
    guard let state = command.state, state.rawValue >= 8 else { return reply }
    return command.done(command.payload)
  }

  // MARK: making them

  private typealias Change = @Sendable (_ reply: WireFrame, _ command: WireFrame) -> WireFrame

  /// A server whose replies are changed.
  private static func replies(_ rule: String, alsoBreaks: [String] = [], _ change: @escaping Change) -> Defect {
    Defect(rule, alsoBreaks: alsoBreaks) {
      var interference = Interference()
      interference.wire = WireInterference()
      interference.wire?.reply = change
      return interference
    }
  }

  /// The same, in RUNNING alone.
  private static func inRunning(_ rule: String, _ change: @escaping Change) -> Defect {
    .inStates(rule) { state in
      var interference = Interference()
      interference.wire = WireInterference()
      interference.wire?.reply = { reply, command in state.now == .running ? change(reply, command) : reply }
      return interference
    }
  }
}
