import ArgumentParser
import Inspector
import Migration

/// `stream`: looks into saved streams. Opens no device.
struct Stream: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look into a saved stream: a stream file, or plain bytes.",
    discussion: """
      Offsets are those of the device's data, in bytes. A number may be written as 4096 or as 0x1000.
      Of a file that was cut or altered, the good part is shown; the program then ends with 1. A file that is still \
      being written is shown as far as it is there.
      """,
    subcommands: [View.self, Info.self, Hex.self, Records.self, Diff.self])
}

extension Capture {
  /// Says what ends this file too early, and ends the command when that is more than a save that goes on.
  func sayFault() throws(Failure) {
    guard let fault else { return }
    guard fault.kind == .unfinished else { throw Failure(.broken, fault.description) }
    printError("vfioscope: \(printable(fault.description))")
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
    case .foreign, .unfinished, .altered: .broken
    case .system: .refused
    case .refused: .usage
    }
  }
}

/// A number of bytes on the command line.
struct ByteCount: ExpressibleByArgument, Equatable {
  let value: UInt64

  init?(argument: String) {
    guard let number = byteCount(argument) else { return nil }
    value = number
  }
}
