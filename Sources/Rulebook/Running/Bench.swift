import Migration
import VFIO

/// What a check works with: the device, its journal, and ways to ask that tell what was answered.
final class Bench {
  /// The opened device.
  let session: MigrationSession
  /// What may be done to it.
  let permission: Rule.Harm
  /// The state that was found when the device was looked at first.
  let foundState: State?
  /// What surrounds the device, for what the device itself can't tell.
  let surroundings: Surroundings
  /// What the device's data sessions of this check are read and written with; all are closed when it ends.
  private var streams: [any DataStream] = []

  /// How many bytes one check takes out of a device or puts into it at most.
  static let byteLimit = 64 << 20
  /// How long one check waits for a device that has no data, or no end of them.
  static let patience = Duration.seconds(2)

  /// A bench for the device of `session`.
  init(_ session: MigrationSession, permission: Rule.Harm, surroundings: Surroundings) {
    self.session = session
    self.permission = permission
    self.surroundings = surroundings
    foundState = try? session.readState()
  }

  /// The device, every access to which is recorded.
  var device: any Device { session.device }

  /// The accesses that were made so far.
  var journal: Journal { session.journal }

  /// The accesses since the journal had so many entries, as far as it still has them.
  func accesses(since first: Int = 0) -> [Access] {
    journal.entries(from: first).compactMap { numbered in
      switch numbered.entry {
      case .access(let access, _): access
      case .step: nil
      }
    }
  }

  /// What the device says of itself, or the check can't be tried.
  func info() throws(Untried) -> DeviceInfo {
    try need(Answer { () throws(DeviceError) in try device.info() }, "GET_INFO")
  }

  /// The value, or the check can't be tried.
  func need<Value>(_ answer: Answer<Value>, _ what: String) throws(Untried) -> Value {
    switch answer {
    case .value(let value): return value
    case .refused(let reason): throw Untried("\(what) answers \(reason)")
    }
  }

  /// Takes over a data fd, which is closed when the check ends.
  func stream(taking dataFD: Int32) -> any DataStream {
    let stream = device.stream(taking: dataFD)
    streams.append(stream)
    return stream
  }

  /// Closes the device and opens it again. The data fds that the check has taken over stay open: of those, the device
  /// knows nothing any more.
  func reopen() -> Answer<Void> {
    Answer { () throws(DeviceError) in try session.reopen() }
  }

  /// Closes what the check has left open. A data session that was found open is the user's as long as nothing of the
  /// device is changed.
  func closeStreams() {
    streams.forEach { $0.close() }
    streams = []
    if permission != .none { session.interface.close() }
  }

  /// The present state, read now.
  func state() throws(Untried) -> State {
    try need(Answer { () throws(DeviceError) in try session.readState() }, "the state")
  }
}

/// What surrounds a device: things that its own calls don't tell, and that only the command knows.
public struct Surroundings: Sendable {
  /// What debugfs says of the device: its state in the kernel's word, and the lines of its features; nil when there is
  /// nothing.
  public var debugfs: @Sendable () -> (state: String?, features: [String]?)
  /// The socket of a vfio-user server, when the device is behind one.
  public var socket: String?

  /// Nothing is known.
  public init(
    socket: String? = nil,
    debugfs: @escaping @Sendable () -> (state: String?, features: [String]?) = { (nil, nil) }
  ) {
    self.socket = socket
    self.debugfs = debugfs
  }
}
