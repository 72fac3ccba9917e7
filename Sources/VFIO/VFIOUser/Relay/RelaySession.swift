import Dispatch
import Synchronization

/// How a conversation that was passed on ended.
public struct RelayEnd: Error, Sendable, Equatable {
  /// Whose doing it was.
  public let side: WireMessage.Sender
  /// What happened; `.closed` when that side has just left.
  public let error: WireError
}

/// One conversation that is passed on: a thread for each direction.
///
/// A message is passed on when it is all there, header and payload in one piece: libvfio-user takes a payload with one
/// read. One that can't be understood is not passed on, and ends the conversation.
final class RelaySession: Sendable {
  /// The largest payload that is passed on: the most data that servers allow, and what stands before them.
  private static let payloadLimit = 1 << 20 | 4096
  /// A side that takes nothing for so long is given up.
  private static let patience = Duration.seconds(60)

  private let client: WireSocket
  private let server: WireSocket
  private let tap: WireTap
  private let end = Mutex<RelayEnd?>(nil)

  init(client: WireSocket, server: WireSocket, tap: @escaping WireTap) {
    (self.client, self.server, self.tap) = (client, server, tap)
  }

  /// Passes messages on until either side leaves. Blocks.
  func run() -> RelayEnd {
    let done = DispatchSemaphore(value: 0)
    DispatchQueue(label: "vfio-user replies").async {
      self.passAll(of: .server)
      done.signal()
    }
    passAll(of: .client)
    done.wait()
    return end.withLock { $0 } ?? RelayEnd(side: .client, error: .closed)
  }

  /// Ends the conversation, from any thread.
  func disconnect() {
    client.shutdown()
    server.shutdown()
  }

  /// What ends one direction ends the other too. What comes first is what happened; the rest follows from it.
  private func passAll(of sender: WireMessage.Sender) {
    let failure = firstFailure(of: sender)
    end.withLock { $0 = $0 ?? failure }
    disconnect()
  }

  private func firstFailure(of sender: WireMessage.Sender) -> RelayEnd {
    let (source, target) = sender == .client ? (client, server) : (server, client)
    var side = sender
    do throws(WireError) {
      while true {
        side = sender
        let message = try source.receiveMessage(limit: Self.payloadLimit, until: nil)
        // Before it leaves: else its reply could be told first.
        tap(WireMessage(sender, message))
        side = sender.other
        try target.pass(message, until: .now + Self.patience)
      }
    } catch {
      return RelayEnd(side: side, error: error)
    }
  }
}

extension WireSocket {
  /// Sends a message as it was received, with its descriptors.
  fileprivate func pass(_ message: ReceivedMessage, until deadline: ContinuousClock.Instant) throws(WireError) {
    // The numbers are good as long as the message is held.
    let numbers = message.descriptors.map { $0.descriptor.borrowed }
    defer { withExtendedLifetime(message) {} }
    try send(message.header, message.payload.span.bytes, descriptors: numbers, until: deadline)
  }
}

extension WireMessage.Sender {
  fileprivate var other: Self { self == .client ? .server : .client }
}
