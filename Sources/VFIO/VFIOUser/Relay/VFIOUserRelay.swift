import Synchronization

/// Stands between a vfio-user client and a server: passes every message on, in both directions, and shows it.
///
/// Messages go on as they came: their bytes, their order, and the descriptors that came with them. A second socket for
/// the server's commands goes from one side to the other like any descriptor; what is said on it is not seen here.
public final class VFIOUserRelay: Sendable {
  private let destination: String
  private let keepsServing: Bool
  private let tap: WireTap
  private let listener: ListeningSocket
  private let current = Mutex<(session: RelaySession?, isStopped: Bool)>((nil, false))

  /// Listens at `path`. One that is left over from a server that died is replaced; one where somebody listens is not.
  ///
  /// - Parameters:
  ///   - destination: the socket of the server; each client gets a connection of its own.
  ///   - keepsServing: whether the next client is taken when one has left.
  ///   - tap: is given each message before it is passed on, from two threads.
  public init(
    at path: String, to destination: String, keepsServing: Bool, tap: @escaping WireTap
  ) throws(DeviceError) {
    self.destination = destination
    self.keepsServing = keepsServing
    self.tap = tap
    listener = try ListeningSocket(path)
  }

  /// Passes messages on until a client or the server has left, or with `keepsServing` until it is stopped. Blocks.
  ///
  /// - Parameter onEnd: is told how each conversation ended.
  public func run(onEnd: (RelayEnd) -> Void) throws(DeviceError) {
    defer { listener.close() }
    repeat {
      guard let client = try listener.accept() else { return }
      let end = converse(with: client)
      guard !isStopped else { return }
      onEnd(end)
    } while keepsServing
  }

  /// Ends the conversation, and the socket goes away. May be called from any thread.
  public func stop() {
    let session = current.withLock { current in
      current.isStopped = true
      return current.session
    }
    session?.disconnect()
    listener.wake()
  }

  private var isStopped: Bool { current.withLock { $0.isStopped } }

  private func converse(with client: WireSocket) -> RelayEnd {
    do throws(WireError) {
      let server = try WireSocket.connect(to: destination, until: .now + .seconds(5))
      let session = RelaySession(client: client, server: server, tap: tap)
      let isStopped = current.withLock { current in
        current.session = session
        return current.isStopped
      }
      if isStopped { session.disconnect() }
      defer { current.withLock { $0.session = nil } }
      return session.run()
    } catch {
      return RelayEnd(side: .server, error: error)
    }
  }
}
