import Synchronization

/// A conversation with one client: commands are answered one after the other, in the order they come.
final class ServerSession: Sendable {
  /// What a command is answered with.
  struct Answer {
    var payload: [UInt8] = []
    /// How many bytes of the session's buffer follow the payload.
    var dataCount = 0
    var descriptors: [PassedDescriptor] = []
  }

  /// Why a command is not done.
  struct Refusal: Error {
    let errno: Errno
    /// Whether the client is let go of as well.
    var ends = false
  }

  typealias Handler = @Sendable (ServerSession, ReceivedMessage) throws(Refusal) -> Answer

  /// The most data in one message, either way.
  static let maxDataSize = 1 << 20

  let served: ServedDevice
  let options: ServerOptions
  let channel: ServerChannel
  let state = Mutex(ClientState())
  /// What the device gave for a reply, kept from message to message.
  let buffer = Mutex(ChunkBuffer())

  init(_ socket: WireSocket, _ served: ServedDevice, _ options: ServerOptions, _ tap: WireTap?) {
    channel = ServerChannel(socket, tap)
    self.served = served
    self.options = options
  }

  /// Answers until the client leaves.
  ///
  /// - Returns: why the conversation ended; nil when the client has just left.
  func run() -> WireError? {
    defer { letGo() }
    do throws(WireError) {
      while true { try serveNext() }
    } catch {
      channel.shutdown()
      return error == .closed ? nil : error
    }
  }

  /// Ends the conversation, from any thread. A client that wants to know is told first that the device is to be given
  /// back (`VFIO_PCI_REQ_IRQ_INDEX`).
  func disconnect() {
    raise(4, [0])
    channel.shutdown()
  }

  private func serveNext() throws(WireError) {
    let sent = try channel.next(while: idle)
    guard sent.header.flags.type == 0 else {
      try channel.refuse(sent.header, .EINVAL)
      throw .malformed("message \(sent.header.id) is no command")
    }
    let message = sent.changed(by: interference)
    let outcome = Result { () throws(Refusal) in try answer(message) }
    switch outcome {
    case .success(let answer): try reply(to: sent, answer)
    case .failure(let refusal):
      try refuse(sent, refusal.errno)
      if refusal.ends { throw .malformed("the client does not speak the protocol") }
    }
  }

  private func reply(to message: ReceivedMessage, _ answer: Answer) throws(WireError) {
    try buffer.withLock { (buffer) throws(WireError) in
      try buffer.hand(answer.dataCount) { (data) throws(WireError) in
        guard interference?.reply != nil else {
          return try channel.reply(to: message.header, answer.payload, data, descriptors: answer.descriptors)
        }
        let whole = message.frame.done(answer.payload + data.withUnsafeBytes(Array.init))
        let changed = whole.changed(by: interference, asReplyTo: message)
        try channel.send(changed, to: message.header, descriptors: answer.descriptors)
      }
    }
  }

  private func refuse(_ message: ReceivedMessage, _ errno: Errno) throws(WireError) {
    let reply = message.frame.refused(errno).changed(by: interference, asReplyTo: message)
    try channel.send(reply, to: message.header)
  }

  /// What the device's owner has put between it and its clients.
  private var interference: WireInterference? { served.device.wireInterference }

  /// What is done while the client asks for nothing: a device made in software does its DMA.
  private var idle: (() -> Void)? {
    guard state.withLock({ !$0.memory.isEmpty }), let space = served.addressSpace else { return nil }
    return { space.advance() }
  }

  private func answer(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let command = WireCommand(rawValue: message.header.command)
    guard state.withLock({ $0.version != nil }) || command == .version else {
      throw Refusal(errno: .EINVAL, ends: true)
    }
    guard let command, let handler = Self.handlers(options.generation)[command] else { throw Refusal(errno: .EINVAL) }
    return try handler(self, message)
  }
}

/// Memory that a client has given.
struct GivenMemory {
  /// Nil when it came without a descriptor, so that only messages lead there.
  var memory: SharedMemory?
  /// Whether the device can reach it.
  var isReached = false
}

/// What a client has told and been given.
struct ClientState {
  /// What the client said in VERSION.
  var version: WireVersion?
  /// The memory it has given.
  var memory: [DMARange: GivenMemory] = [:]
  /// The regions that it has named so far: they stay as they are.
  var regions: [UInt32: Region] = [:]
  /// The eventfds of its interrupts, by index and number.
  var interrupts: [UInt32: [UInt32: PassedDescriptor]] = [:]

  /// The most bytes of data the client takes in one message.
  var maxDataSize: Int {
    min(max(0, version?.capabilities.maxDataXferSize ?? ServerSession.maxDataSize), ServerSession.maxDataSize)
  }
}

extension ServerSession {
  /// What each command does. Commands that a generation does not have are refused like unknown ones.
  private static func handlers(_ generation: ServerOptions.Generation) -> [WireCommand: Handler] {
    generation == .first ? firstGeneration : secondGeneration
  }

  private static let common: [WireCommand: Handler] = [
    .version: { (session, message) throws(Refusal) in try session.agree(message) },
    .dmaMap: { (session, message) throws(Refusal) in try session.mapMemory(message) },
    .dmaUnmap: { (session, message) throws(Refusal) in try session.unmapMemory(message) },
    .deviceGetInfo: { (session, message) throws(Refusal) in try session.describeDevice(message) },
    .deviceGetRegionInfo: { (session, message) throws(Refusal) in try session.describeRegion(message) },
    .deviceGetIRQInfo: { (session, message) throws(Refusal) in try session.describeInterrupt(message) },
    .deviceSetIRQs: { (session, message) throws(Refusal) in try session.setInterrupts(message) },
    .regionRead: { (session, message) throws(Refusal) in try session.readRegion(message) },
    .regionWrite: { (session, message) throws(Refusal) in try session.writeRegion(message) },
    .regionWriteMulti: { (session, message) throws(Refusal) in try session.writeRegions(message) },
    .deviceReset: { (session, _) throws(Refusal) in try session.reset() },
  ]

  private static let firstGeneration = common.merging([
    .dirtyPages: { (session, message) throws(Refusal) in try session.logDirtyPages(message) }
  ]) { $1 }

  private static let secondGeneration = common.merging([
    .deviceFeature: { (session, message) throws(Refusal) in try session.useFeature(message) },
    .migDataRead: { (session, message) throws(Refusal) in try session.readData(message) },
    .migDataWrite: { (session, message) throws(Refusal) in try session.writeData(message) },
  ]) { $1 }
}
