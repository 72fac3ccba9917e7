import CVFIO
import Glibc
import Synchronization

/// The server's side of the socket: takes the client's messages in order, and asks the client for something in between,
/// on the same socket or on a second one.
final class ServerChannel: Sendable {
  private struct State {
    /// The socket for our own commands.
    var twin: WireSocket?
    /// Commands that came while we waited for a reply.
    var kept: [ReceivedMessage] = []
    var keptSize = 0
    var nextID: UInt16 = 1
    /// Why our commands can't be answered any more.
    var broken: WireError?
  }

  /// The largest payload that is taken: as much data as a message may have, and what stands before it.
  private static let payloadLimit = ServerSession.maxDataSize + 4096
  /// How much a client may ask for while it owes us a reply, in bytes.
  private static let keptLimit = 16 << 20
  /// A client that takes no answer, or gives none, for so long is let go of.
  private static let patience = Duration.seconds(10)

  private let socket: WireSocket
  private let tap: WireTap?
  private let state = Mutex(State())

  init(_ socket: WireSocket, _ tap: WireTap?) {
    self.socket = socket
    self.tap = tap
  }

  /// Ends the conversation, from any thread.
  func shutdown() {
    socket.shutdown()
    state.withLock { $0.twin }?.shutdown()
  }

  /// Makes a second socket for our commands.
  ///
  /// - Returns: the client's end of it.
  func openTwin() throws(WireError) -> PassedDescriptor {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw .system(.current)
    }
    let own = WireSocket(FileDescriptor(owning: ends[0]))
    state.withLock { $0.twin = own }
    return PassedDescriptor(owning: ends[1])
  }

  // MARK: the client's commands

  /// The client's next command.
  ///
  /// - Parameter idle: is called again and again while none comes; nil waits without that.
  func next(while idle: (() -> Void)?) throws(WireError) -> ReceivedMessage {
    while true {
      if let broken = state.withLock({ $0.broken }) { throw broken }
      if let kept = takeKept() { return kept }
      guard let idle, try !socket.wait(until: .now + .milliseconds(50)) else { return try receive(on: socket) }
      idle()
    }
  }

  private func takeKept() -> ReceivedMessage? {
    state.withLock { state in
      guard !state.kept.isEmpty else { return nil }
      state.keptSize -= state.kept[0].payload.count + WireHeader.size
      return state.kept.removeFirst()
    }
  }

  /// A message whose size can't be is refused before the conversation ends: what follows it can't be found.
  private func receive(
    on socket: WireSocket, until deadline: ContinuousClock.Instant? = nil
  ) throws(WireError) -> ReceivedMessage {
    let (header, descriptors) = try socket.receiveHeader(until: deadline)
    do throws(WireError) {
      let message = try socket.receiveMessage(header, descriptors, limit: Self.payloadLimit, until: deadline)
      tap?(WireMessage(.client, message))
      return message
    } catch {
      guard case .malformed = error else { throw error }
      tap?(WireMessage(sender: .client, header: header, payload: [], descriptorCount: descriptors.count))
      if !header.flags.isReply { try? refuse(header, .EINVAL) }
      throw error
    }
  }

  // MARK: our replies

  func reply(
    to header: WireHeader, _ payload: [UInt8], _ data: RawSpan = RawSpan(), descriptors: [PassedDescriptor] = []
  ) throws(WireError) {
    guard !header.flags.wantsNoReply else { return }
    let own = WireHeader(
      id: header.id, command: header.command, payload: payload.count + data.byteCount, flags: .reply)
    try send(own, payload, data, descriptors: descriptors, on: socket)
  }

  func refuse(_ header: WireHeader, _ errno: Errno) throws(WireError) {
    try send(WireFrame(header: header, payload: []).refused(errno), to: header)
  }

  /// Sends a reply as it is, unless none is wanted.
  func send(
    _ reply: WireFrame, to header: WireHeader, descriptors: [PassedDescriptor] = []
  ) throws(WireError) {
    guard !header.flags.wantsNoReply else { return }
    try send(reply.header, reply.payload, descriptors: descriptors, on: socket)
  }

  private func send(
    _ header: WireHeader, _ payload: [UInt8], _ data: RawSpan = RawSpan(), descriptors: [PassedDescriptor] = [],
    on socket: WireSocket
  ) throws(WireError) {
    let numbers = descriptors.map { $0.descriptor.borrowed }
    try withExtendedLifetime(descriptors) { () throws(WireError) in
      try socket.send(header, payload.span.bytes, data, descriptors: numbers, until: .now + Self.patience)
    }
    tap?(WireMessage(.server, header, payload.span.bytes, data, descriptorCount: numbers.count))
  }

  // MARK: our commands

  /// Asks the client for something and waits for the reply. Once there was none, it is not asked again.
  func ask(_ command: WireCommand, _ payload: [UInt8]) throws(WireError) -> ReceivedMessage {
    let (id, twin, broken) = state.withLock { state in
      defer { state.nextID &+= 1 }
      return (state.nextID, state.twin, state.broken)
    }
    if let broken { throw broken }
    do throws(WireError) {
      let header = WireHeader(id: id, command: command.rawValue, payload: payload.count, flags: .command)
      try send(header, payload, on: twin ?? socket)
      return try awaitReply(to: header, on: twin ?? socket, keeping: twin == nil)
    } catch {
      state.withLock { $0.broken = error }
      shutdown()
      throw error
    }
  }

  private func awaitReply(
    to header: WireHeader, on socket: WireSocket, keeping: Bool
  ) throws(WireError) -> ReceivedMessage {
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let message = try receive(on: socket, until: deadline)
      if message.header.flags.isReply {
        guard message.header.id == header.id, message.header.command == header.command else {
          throw .malformed("the client replies to message \(message.header.id), which was not waiting for that")
        }
        return message
      }
      guard keeping, keep(message) else { throw .malformed("the client asks instead of replying") }
    }
  }

  /// Keeps a command for later. False when there are too many.
  private func keep(_ message: ReceivedMessage) -> Bool {
    state.withLock { state in
      state.kept.append(message)
      state.keptSize += message.payload.count + WireHeader.size
      return state.keptSize <= Self.keptLimit
    }
  }
}
