import Synchronization

/// The client's side of a conversation: commands go out, their replies are found again, and what the server asks
/// meanwhile is answered.
///
/// Once anything was cut, late or not to be understood, nothing that follows can be trusted: every later command then
/// fails with what happened first.
final class VFIOUserConnection: Sendable {
  /// Where the data of a reply are wanted: behind its first `headSize` bytes.
  struct DataPlace {
    let headSize: Int
    let buffer: UnsafeMutableRawBufferPointer

    /// How many bytes of data follow this header; nil when it is no reply with data that fit.
    func dataCount(in header: WireHeader) -> Int? {
      guard header.flags.isReply, !header.flags.isError, let size = header.payloadSize, size >= headSize,
        size - headSize <= buffer.count
      else { return nil }
      return size - headSize
    }
  }

  /// What became of a command.
  enum Reply {
    /// It was done.
    case done(payload: [UInt8], descriptors: [PassedDescriptor])
    /// It was done, and its data are where they were wanted.
    case placed(head: [UInt8], count: Int)
    /// It was refused. Some servers give no number.
    case refused(Errno?)
  }

  /// A reply that has come.
  private enum Arrival {
    case message(ReceivedMessage)
    case placed(head: [UInt8], count: Int)
  }

  private struct State {
    var nextID: UInt16 = 1
    /// The commands whose replies have not come yet, in order.
    var outstanding: [UInt16] = []
    /// Replies that came before they were asked for.
    var early: [UInt16: Arrival] = [:]
    /// What both sides said at the beginning.
    var agreement: WireAgreement?
    var broken: WireError?
    /// The socket for the server's own commands.
    var twin: WireSocket?
  }

  /// What this side says of itself, which is what servers hold it to.
  static let maxDataSize = 1 << 20
  /// The largest reply: as much data as we let it send, and what stands before the data.
  static let payloadLimit = maxDataSize + 4096

  private let socket: WireSocket
  private let timeout: Duration
  private let memory: ServedMemory
  private let tap: WireTap?
  private let state = Mutex(State())

  /// A conversation over `socket`. What the server asks of `memory` is answered from there.
  init(_ socket: WireSocket, timeout: Duration, memory: ServedMemory, tap: WireTap?) {
    self.socket = socket
    self.timeout = timeout
    self.memory = memory
    self.tap = tap
    socket.limitWaits(to: timeout)
  }

  deinit { end() }

  /// Ends the conversation.
  func end() {
    socket.shutdown()
    state.withLock { $0.twin?.shutdown() }
  }

  /// Answers the server's own commands on this socket from now on.
  func serve(twin: PassedDescriptor) {
    let socket = Self.serve(twin: twin, memory: memory, tap: tap)
    state.withLock { $0.twin = socket }
  }

  /// Sends a command and waits for its reply.
  func exchange(
    _ command: WireCommand, _ payload: RawSpan, descriptors: [Int32] = []
  ) throws(WireError) -> Reply {
    let id = try post(command, payload, descriptors: descriptors)
    return try reply(to: id)
  }

  /// Sends a command, whose payload is `payload` and `data` behind it; its reply is asked for later.
  func post(
    _ command: WireCommand, _ payload: RawSpan, _ data: RawSpan = RawSpan(), descriptors: [Int32] = []
  ) throws(WireError) -> UInt16 {
    try whole { (state) throws(WireError) in
      let id = state.nextID
      state.nextID &+= 1
      let header = WireHeader(
        id: id, command: command.rawValue, payload: payload.byteCount + data.byteCount, flags: .command)
      try socket.send(header, payload, data, descriptors: descriptors, until: .now + timeout)
      tap?(WireMessage(.client, header, payload, data, descriptorCount: descriptors.count))
      state.outstanding.append(id)
      return id
    }
  }

  /// What both sides said at the beginning; nil before that.
  var agreement: WireAgreement? {
    get { state.withLock { $0.agreement } }
    set { state.withLock { $0.agreement = newValue } }
  }

  /// The most bytes of data that one message of ours may ask for, or carry; nil before the agreement.
  func most(_ way: KeyPath<WireAgreement, Int>) -> Int? { state.withLock { $0.agreement?[keyPath: way] } }

  /// Waits for the reply to a command that was posted.
  ///
  /// - Parameter place: where its data are wanted.
  func reply(to id: UInt16, data place: DataPlace? = nil) throws(WireError) -> Reply {
    switch try arrival(of: id, data: place) {
    case .message(let message): message.reply
    case .placed(let head, let count): .placed(head: head, count: count)
    }
  }

  /// Waits for the reply to a command that was posted, and gives it as it is.
  func message(repliesTo id: UInt16) throws(WireError) -> ReceivedMessage {
    guard case .message(let message) = try arrival(of: id, data: nil) else {
      throw .malformed("the data of a reply went elsewhere")
    }
    return message
  }

  private func arrival(of id: UInt16, data place: DataPlace?) throws(WireError) -> Arrival {
    try whole { (state) throws(WireError) in
      let deadline = ContinuousClock.now + timeout
      var isFirst = true
      while true {
        if let arrival = state.early.removeValue(forKey: id) { return arrival }
        // However much the other side has to say meanwhile.
        guard isFirst || .now < deadline else { throw .timedOut }
        try receive(&state, place.map { (id, $0) }, waiting: isFirst, until: deadline)
        isFirst = false
      }
    }
  }

  /// Lets go of the replies to these commands, come or not.
  func forget(_ ids: [UInt16]) {
    for id in ids { _ = try? reply(to: id) }
  }

  // MARK: receiving

  private func receive(
    _ state: inout State, _ wanted: (id: UInt16, place: DataPlace)?, waiting: Bool,
    until deadline: ContinuousClock.Instant
  ) throws(WireError) {
    let (header, descriptors) = try socket.receiveHeader(until: deadline, waiting: waiting)
    if let wanted, tap == nil, header.id == wanted.id, state.outstanding.first == wanted.id,
      let count = wanted.place.dataCount(in: header)
    {
      let head = try socket.receive(wanted.place.headSize, until: deadline)
      try socket.receive(UnsafeMutableRawBufferPointer(rebasing: wanted.place.buffer[..<count]), until: deadline)
      state.outstanding.removeFirst()
      state.early[wanted.id] = .placed(head: head, count: count)
      return
    }
    let message = try socket.receiveMessage(header, descriptors, limit: Self.payloadLimit, until: deadline)
    tap?(WireMessage(.server, message))
    guard message.header.flags.isReply else {
      try answer(message, until: deadline)
      return
    }
    // Replies come in the order of the commands; one that belongs to none shows that the server has lost its place.
    guard let expected = state.outstanding.first, message.header.id == expected else {
      throw .malformed("a reply came to message \(message.header.id), which was not waiting for one")
    }
    state.outstanding.removeFirst()
    state.early[expected] = .message(message)
  }

  private func answer(_ command: ReceivedMessage, until deadline: ContinuousClock.Instant) throws(WireError) {
    guard let reply = memory.answer(command) else { return }
    try socket.send(reply.header, reply.payload.span.bytes, until: deadline)
    tap?(WireMessage(.client, reply.header, reply.payload.span.bytes, descriptorCount: 0))
  }

  private func whole<R>(_ body: (inout sending State) throws(WireError) -> R) throws(WireError) -> R {
    try state.withLock { (state) throws(WireError) in
      if let broken = state.broken { throw broken }
      do throws(WireError) {
        return try body(&state)
      } catch {
        state.broken = error
        socket.shutdown()
        throw error
      }
    }
  }
}

extension ReceivedMessage {
  fileprivate var reply: VFIOUserConnection.Reply {
    guard header.flags.isError else { return .done(payload: payload, descriptors: descriptors) }
    return .refused(header.errorNumber == 0 ? nil : Errno(rawValue: Int32(truncatingIfNeeded: header.errorNumber)))
  }
}

extension WireMessage {
  init(_ sender: Sender, _ message: ReceivedMessage) {
    self.init(
      sender: sender, header: message.header, payload: message.payload, descriptorCount: message.descriptors.count)
  }

  init(
    _ sender: Sender, _ header: WireHeader, _ payload: RawSpan, _ data: RawSpan = RawSpan(), descriptorCount: Int
  ) {
    self.init(
      sender: sender, header: header,
      payload: payload.withUnsafeBytes(Array.init) + data.withUnsafeBytes(Array.init),
      descriptorCount: descriptorCount)
  }
}
