import Glibc
import Inspector
import Synchronization
import VFIO

/// Follows a conversation message by message: when each came, and how long its reply took.
final class Conversation: Sendable {
  /// A message in its place.
  struct Entry {
    /// Since the conversation was first looked at.
    let elapsed: Duration
    let message: WireMessage
    /// Of a reply: the time since its command.
    let sinceCommand: Duration?
  }

  /// Either side numbers its own commands.
  private struct Command: Hashable {
    let sender: WireMessage.Sender
    let id: UInt16
  }

  private let start = ContinuousClock.now
  private let waiting = Mutex<[Command: Duration]>([:])
  private let onEntry: @Sendable (Entry) -> Void

  /// - Parameter onEntry: is told of each message, of one at a time.
  init(onEntry: @escaping @Sendable (Entry) -> Void) { self.onEntry = onEntry }

  /// The next message, now or at a time that was written down. May be called from several threads.
  func add(_ message: WireMessage, at time: Duration? = nil) {
    waiting.withLock { waiting in
      let elapsed = time ?? start.duration(to: .now)
      let header = message.header
      var sinceCommand: Duration?
      if header.flags.isReply {
        let asker: WireMessage.Sender = message.sender == .client ? .server : .client
        sinceCommand = waiting.removeValue(forKey: Command(sender: asker, id: header.id)).map { elapsed - $0 }
      } else if !header.flags.wantsNoReply {
        waiting[Command(sender: message.sender, id: header.id)] = elapsed
      }
      onEntry(Entry(elapsed: elapsed, message: message, sinceCommand: sinceCommand))
    }
  }

  /// A client has left: nothing of the next one's is a reply to what this one asked. Tells when that was.
  func end(_ tell: (Duration) -> Void = { _ in }) {
    waiting.withLock { waiting in
      waiting = [:]
      tell(start.duration(to: .now))
    }
  }
}

extension Conversation.Entry {
  private var isError: Bool { message.header.flags.isReply && message.header.flags.isError }

  /// One line: the time, `>` for the client's or `<` for the server's, `!` for an error, the message, and of a reply the
  /// time since the command.
  var line: String {
    let arrow = message.sender == .client ? ">" : "<"
    let since = sinceCommand.map { ", \(Int($0.microseconds)) µs" } ?? ""
    return printable("\(elapsed.microseconds.rounded() / 1e6) s \(arrow) \(isError ? "! " : "")\(message)\(since)")
  }

  /// The same for programs.
  var json: JSON {
    let header = message.header
    return .object([
      "schema": .string("vfioscope.message/1"),
      "elapsed_us": JSON(elapsed.microseconds),
      "sender": .string(message.sender.rawValue),
      "id": JSON(header.id),
      "command": JSON(header.command),
      "command_name": JSON(WireCommand(rawValue: header.command)?.name),
      "reply": .bool(header.flags.isReply),
      "error": isError ? JSON(header.errorNumber) : .null,
      "message_bytes": JSON(header.messageSize),
      "descriptors": JSON(message.descriptorCount),
      "since_command_us": sinceCommand.map { JSON($0.microseconds) } ?? .null,
      "text": .string("\(message)"),
    ])
  }
}
