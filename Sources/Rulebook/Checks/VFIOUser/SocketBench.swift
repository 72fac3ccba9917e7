import Migration
import VFIO

/// The conversation with a vfio-user server as a check uses it: messages as they are, over the device's own connection,
/// because most servers take one client at a time.
struct SocketBench {
  let bench: Bench
  private let wire: WireProbe

  /// The conversation with the server of the device on the bench.
  init(_ bench: Bench) throws(Untried) {
    guard let wire = bench.device.wire else { throw Untried("the device is not behind a vfio-user socket") }
    self.bench = bench
    self.wire = wire
  }

  var agreement: WireAgreement { wire.agreement }

  /// Sends a command and gives the reply as it is. A check can't be tried when there is none.
  func exchange(_ command: WireCommand, _ payload: [UInt8] = []) throws(Untried) -> WireFrame {
    let answer = Answer { () throws(DeviceError) in try wire.exchange(command, payload) }
    return try bench.need(answer, command.name)
  }

  /// MIG_DATA_READ or MIG_DATA_WRITE: what is said of the size, and data.
  func data(_ command: WireCommand, size: Int, argsz: Int? = nil, _ data: [UInt8] = []) throws(Untried) -> WireFrame {
    let head = [UInt8](number: UInt32(argsz ?? size + 8)) + [UInt8](number: UInt32(size))
    return try exchange(command, head + data)
  }

  /// Where the state has to be this one, which is not asked for.
  func need(_ state: V2State) throws(Untried) {
    let present = try V2Bench(bench).state()
    guard present.value == state else {
      throw Untried("the device is in \(present.value?.protocolName ?? "\(present)"), not in \(state.protocolName)")
    }
  }
}

extension WireFrame {
  /// The number of an error reply; nil when the command was done.
  var errno: Errno? {
    header.flags.isError ? Errno(rawValue: Int32(truncatingIfNeeded: header.errorNumber)) : nil
  }

  /// What came back, in a few words.
  var words: String {
    guard let errno else { return "done, with \(payload.count) bytes" }
    return errno.rawValue == 0 ? "an error without a number" : "\(errno)"
  }
}
