import ArgumentParser
import Inspector
import Migration

/// `stream`: looks into saved streams. Opens no device.
struct Stream: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look into a saved stream: a stream file, or plain bytes.",
    discussion: """
      Offsets are those of the device's data, in bytes. A number may be written as 4096 or as 0x1000.
      Of a file that is not whole, because it was cut or altered or is still being written, the good part is shown; \
      the program then ends with 1.
      """,
    subcommands: [View.self, Info.self, Hex.self, Records.self, Diff.self])
}

extension Capture {
  /// Ends the command when this file is not whole, and says why.
  func sayFault() throws(Failure) {
    if let fault { throw Failure(.broken, fault.description) }
  }

  /// The format the user named, or the one the data seem to have.
  func format(named name: String?) throws -> StreamFormat? {
    guard let name else { return try StreamFormat.guess(self) }
    guard let format = StreamFormat.named(name) else {
      throw Failure(
        .usage, "\(name) is no format known here; there are \(StreamFormat.all.map(\.name).joined(separator: ", "))")
    }
    return format
  }
}

extension StreamFault {
  /// How the program ends.
  var status: ExitStatus {
    switch kind {
    case .foreign, .empty, .otherVersion, .unfinished, .altered, .givenUp: .broken
    case .system, .taken: .refused
    case .refused: .usage
    }
  }
}
