import Synchronization

/// A conversation with one client: commands are answered one after the other, in the order they come.
final class ServerSession: Sendable {
  /// What a command is answered with.
  struct Answer {
    var payload: [UInt8] = []
    /// How many bytes of the session's buffer follow the payload.
    var dataCount = 0
    var descriptors: [Int32] = []
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
  /// The largest payload that is taken: as much data, and what stands before it.
  private static let payloadLimit = maxDataSize + 4096
  /// A client that takes no answer for so long is let go of.
  private static let patience = Duration.seconds(10)

  let served: ServedDevice
  let options: ServerOptions
  let state = Mutex(ClientState())
  /// What the device gave for a reply, kept from message to message.
  let buffer = Mutex(ChunkBuffer())
  private let socket: WireSocket
  private let tap: WireTap?

  init(_ socket: WireSocket, _ served: ServedDevice, _ options: ServerOptions, _ tap: WireTap?) {
    self.socket = socket
    self.served = served
    self.options = options
    self.tap = tap
  }

  /// Answers until the client leaves.
  ///
  /// - Returns: why the conversation ended; nil when the client has just left.
  func run() -> WireError? {
    defer { letGo() }
    do throws(WireError) {
      while true { try serveNext() }
    } catch {
      socket.shutdown()
      return error == .closed ? nil : error
    }
  }

  /// Ends the conversation, from any thread.
  func disconnect() { socket.shutdown() }

  private func serveNext() throws(WireError) {
    let message = try socket.receiveMessage(limit: Self.payloadLimit, until: nil)
    tap?(WireMessage(.client, message))
    let header = message.header
    guard header.flags.type == 0 else {
      try reply(to: header, errno: .EINVAL)
      throw .malformed("message \(header.id) is no command")
    }
    let outcome = Result { () throws(Refusal) in try answer(message) }
    switch outcome {
    case .success(let answer): try reply(to: header, answer)
    case .failure(let refusal):
      try reply(to: header, errno: refusal.errno)
      if refusal.ends { throw .malformed("the client does not speak the protocol") }
    }
  }

  private func answer(_ message: ReceivedMessage) throws(Refusal) -> Answer {
    let command = WireCommand(rawValue: message.header.command)
    guard state.withLock({ $0.version != nil }) || command == .version else {
      throw Refusal(errno: .EINVAL, ends: true)
    }
    guard let command, let handler = Self.handlers(options.generation)[command] else { throw Refusal(errno: .EINVAL) }
    return try handler(self, message)
  }

  // MARK: replies

  private func reply(to header: WireHeader, _ answer: Answer) throws(WireError) {
    guard !header.flags.wantsNoReply else { return }
    let own = WireHeader(
      id: header.id, command: header.command, payload: answer.payload.count + answer.dataCount, flags: .reply)
    guard answer.dataCount > 0 else { return try send(own, answer.payload, descriptors: answer.descriptors) }
    try buffer.withLock { (buffer) throws(WireError) in
      try buffer.hand(answer.dataCount) { (data) throws(WireError) in try send(own, answer.payload, data) }
    }
  }

  private func reply(to header: WireHeader, errno: Errno) throws(WireError) {
    guard !header.flags.wantsNoReply else { return }
    let own = WireHeader(
      id: header.id, command: header.command, payload: 0, flags: .errorReply, errorNumber: UInt32(errno.rawValue))
    try send(own, [])
  }

  private func send(
    _ header: WireHeader, _ payload: [UInt8], _ data: RawSpan = RawSpan(), descriptors: [Int32] = []
  ) throws(WireError) {
    try socket.send(header, payload.span.bytes, data, descriptors: descriptors, until: .now + Self.patience)
    tap?(WireMessage(.server, header, payload.span.bytes, data, descriptorCount: descriptors.count))
  }
}

/// What a client has told and been given.
struct ClientState {
  /// What the client said in VERSION.
  var version: WireVersion?
  /// The memory it has given; nil when it came without a descriptor, so that only messages lead there.
  var memory: [DMARange: SharedMemory?] = [:]
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
