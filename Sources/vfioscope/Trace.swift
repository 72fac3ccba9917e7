import ArgumentParser
import Glibc
import Inspector
import Migration
import Synchronization
import VFIO

/// `trace`: shows a conversation that was written down.
struct Trace: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show a conversation that `proxy` or `serve` has written down.",
    discussion: """
      The messages are printed as they were when they passed: > is the client's, < the server's, ! an error; a reply \
      has the time since its command. How each client's conversation ended is printed on standard error. A file that \
      is cut or altered is shown up to there; the program then ends with 1. One that is still being written is shown \
      as far as it is there.
      """)

  @Argument(help: "The file, or - for standard input.")
  var file: String

  @Flag(help: "Print one JSON object a message.")
  var json = false

  func run() throws {
    let reader = try ConversationReader(path: file)
    printError("vfioscope: \(printable(reader.identity.line))")
    let outputFailure = Mutex<Failure?>(nil)
    let conversation = Conversation { [json] entry in
      do throws(Failure) {
        try printLine(json ? entry.json.line : entry.line)
      } catch {
        outputFailure.withLock { $0 = error }
      }
    }
    do {
      while let piece = try reader.next() {
        switch piece {
        case .message(let message, let elapsed): conversation.add(message, at: elapsed)
        case .end(let how, _):
          conversation.end()
          printError("vfioscope: \(printable(how))")
        }
        if let failure = outputFailure.withLock({ $0 }) { throw failure }
      }
    } catch let fault as StreamFault where fault.kind == .unfinished {
      // It may go on.
      printError("vfioscope: \(printable(fault.description))")
    }
  }
}

extension ConversationIdentity {
  /// `proxy at /tmp/x, for the server at /tmp/y, on 2026-11-22 at 10:11:12 UTC`, and what of the payloads is there.
  fileprivate var line: String {
    let kept = limit.map { ", \(counted($0, "byte")) of each payload" } ?? ""
    return "\(program) at \(listening), for \(serving), begun \(time)\(kept)"
  }

  private var time: String {
    var seconds = time_t(clamping: began / 1_000_000)
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "at an unknown time" }
    let text = [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
      count = buffer.withMemoryRebound(to: CChar.self) { strftime($0.baseAddress, 64, "%F %T UTC", &parts) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
