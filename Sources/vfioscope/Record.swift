import ArgumentParser
import Glibc
import Inspector
import Migration
import Synchronization
import VFIO

/// Where a conversation is written down, for the commands that see one.
struct RecordOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write every message to a new file, for `vfioscope trace`.", valueName: "file"))
  var record: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Write only so many bytes of each message's payload, not all.", valueName: "bytes"))
  var recordLimit: ByteNumber?

  func validate() throws {
    if recordLimit != nil && record == nil { throw ValidationError("--record-limit needs --record") }
  }

  /// Begins the record; nil when none is wanted.
  func open(program: String, listening: String, serving: String) throws(StreamFault) -> Record? {
    guard let record else { return nil }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let identity = ConversationIdentity(
      program: program, listening: listening, serving: serving,
      began: UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000,
      limit: recordLimit.map { Int(clamping: $0.value) })
    return Record(try ConversationWriter(path: record, identity: identity))
  }
}

/// Writes a conversation down while it goes on. When that can't be done any more, the record ends there, and the
/// conversation goes on.
final class Record: Sendable {
  private let writer: Mutex<ConversationWriter?>

  init(_ writer: sending ConversationWriter) {
    self.writer = Mutex(writer)
  }

  /// The next message.
  func add(_ entry: Conversation.Entry) {
    write { (writer) throws(StreamFault) in try writer.add(entry.message, at: entry.elapsed) }
  }

  /// A client has left.
  func end(_ how: String, at elapsed: Duration) {
    write { (writer) throws(StreamFault) in try writer.end(how, at: elapsed) }
  }

  /// There is nothing more to come.
  func finish() {
    write { (writer) throws(StreamFault) in try writer.finish() }
    writer.withLock { $0 = nil }
  }

  /// Takes the record away: there was no conversation.
  func abandon() {
    writer.withLock { writer in
      writer?.abandon()
      writer = nil
    }
  }

  private func write(_ body: (ConversationWriter) throws(StreamFault) -> Void) {
    writer.withLock { writer in
      guard let open = writer else { return }
      do throws(StreamFault) {
        try body(open)
      } catch {
        writer = nil
        printError("vfioscope: \(printable("\(error)")); the record ends there, the conversation goes on")
      }
    }
  }
}
