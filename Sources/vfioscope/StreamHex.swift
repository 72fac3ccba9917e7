import ArgumentParser
import Inspector
import Migration

extension Stream {
  /// `stream hex`: the bytes, 16 a line, chunk by chunk.
  struct Hex: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the bytes of a stream, chunk by chunk.")

    @Argument(help: "The file.")
    var file: String

    @Option(parsing: .unconditional, help: "Begin at this byte of the data.")
    var offset: ByteNumber?

    @Option(parsing: .unconditional, help: "Show so many bytes.")
    var length: ByteNumber?

    @Flag(help: "Show a stream file's own bytes, frames and all.")
    var container = false

    func run() throws {
      let capture = try Capture(path: file, asPlainBytes: container)
      let start = offset?.value ?? 0
      guard start < max(1, capture.count) else {
        if let fault = capture.fault { printError("vfioscope: \(printable(fault.description))") }
        throw Failure(.usage, "\(file): there is no byte \(start) in it: it holds \(counted(capture.count, "byte"))")
      }
      let dump = HexDump(capture, start..<start + min(length?.value ?? .max, capture.count - start))
      try dump.forEachPart(printLine)
      try capture.sayFault()
    }
  }
}

/// Bytes as lines of 16, under a heading for each chunk.
struct HexDump {
  private let capture: Capture
  private let range: Range<UInt64>
  /// Bytes that are read and printed at once: whole lines.
  private static let partSize = 16 << 10

  init(_ capture: Capture, _ range: Range<UInt64>) {
    self.capture = capture
    self.range = range
  }

  /// Gives the lines, many at once: a stream may have millions of them.
  func forEachPart(_ body: (String) throws -> Void) throws {
    guard !range.isEmpty else { return }
    var place = range.lowerBound
    while place < range.upperBound, let (index, chunk) = try capture.chunk(at: place) {
      if capture.identity != nil { try body(heading(index, chunk)) }
      let end = min(range.upperBound, chunk.start + UInt64(chunk.count))
      while place < end {
        let bytes = try capture.read(at: place, count: Int(min(UInt64(Self.partSize), end - place)))
        try body(Self.lines(bytes, at: place))
        place += UInt64(bytes.count)
      }
    }
  }

  private func heading(_ index: Int, _ chunk: Capture.Chunk) -> String {
    let phase = capture.phase(ofChunk: index).map { ", \($0)" } ?? ""
    return printable("chunk \(index)\(phase), \(counted(chunk.count, "byte")) at \(offsetText(chunk.start))")
  }

  /// Built as bytes: a formatted string a byte would take a thousand times as long.
  static func lines(_ bytes: [UInt8], at offset: UInt64) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count / 16 + 1) * 80)
    for start in stride(from: 0, to: bytes.count, by: 16) {
      if start > 0 { text.append(UInt8(ascii: "\n")) }
      text += offsetText(offset + UInt64(start)).utf8
      let line = bytes[start..<min(start + 16, bytes.count)]
      for column in 0..<16 {
        text += column == 8 ? [0x20, 0x20] : [0x20]
        guard column < line.count else {
          text += [0x20, 0x20]
          continue
        }
        let byte = line[start + column]
        text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
      text += "  |".utf8
      text += line.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: ".") }
      text.append(UInt8(ascii: "|"))
    }
    return String(decoding: text, as: UTF8.self)
  }
}
