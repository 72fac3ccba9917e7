import Glibc
import Migration
import VFIO

extension FuzzTarget {
  /// A file of frames as the bytes describe it: without this, no changed byte would get past a checksum. The first byte
  /// says whether that is wanted (bit 0); then, for each frame, a letter of its type, two bytes of length, the payload. A
  /// frame of type LONG has the payload's checksum behind it.
  static func file(_ bytes: [UInt8], magic: StaticString, types: [String]) -> [UInt8] {
    guard let choice = bytes.first, choice & 1 == 1 else { return Array(bytes.dropFirst()) }
    var file = [0x89] + magic.withUTF8Buffer(Array.init) + [0x0D, 0x0A, 0x1A] + [UInt8](number: UInt32(1))
    file += [UInt8](number: CRC32C(file.span.bytes).value)
    var rest = bytes.dropFirst()
    while rest.count >= 3 {
      let type = types[Int(rest[rest.startIndex]) % types.count]
      let length = Int(rest[rest.startIndex + 1]) | Int(rest[rest.startIndex + 2]) << 8
      let payload = Array(rest.dropFirst(3).prefix(length))
      rest = rest.dropFirst(3 + length)
      let checksum = [UInt8](number: CRC32C(payload.span.bytes).value)
      let isLong = type == "LONG"
      let head = Array(type.utf8) + [UInt8](number: UInt32(payload.count)) + (isLong ? [0, 0, 0, 0] : checksum)
      file += head + [UInt8](number: CRC32C(head.span.bytes).value) + payload + (isLong ? checksum : [])
    }
    return file
  }

  /// Makes a file of these bytes for the time of a call.
  private static func with(_ bytes: [UInt8], _ body: (String) -> Void) {
    let path = "/tmp/vfioscope-fuzz-\(getpid())"
    let number = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    precondition(number >= 0 && write(number, bytes, bytes.count) == bytes.count, "no file")
    close(number)
    body(path)
    unlink(path)
  }

  /// A stream file: read, checked, read by force, and looked into.
  func tryStream(_ bytes: [UInt8]) {
    Self.with(Self.file(bytes, magic: "VMIG", types: ["IDEN", "PHAS", "DATA", "LAST", "MORE", "LONG"])) { path in
      if let reader = try? StreamFileReader(path: path) {
        var buffer: [UInt8] = []
        while (try? reader.nextPart(into: &buffer)) ?? nil != nil {}
      }
      _ = try? StreamFile.verify(path: path)
      if let reader = try? DamagedStreamReader(path: path) {
        var buffer: [UInt8] = []
        while (try? reader.nextPart(into: &buffer)) ?? nil != nil {}
      }
      guard let capture = try? Capture(path: path) else { return }
      _ = try? capture.read(at: 0, count: 4096)
      guard let format = try? StreamFormat.guess(capture) else { return }
      _ = try? RecordDifferences(capture, capture, format: format, limit: 4)
    }
  }

  /// A record of a conversation: read, and each message described.
  func tryRecord(_ bytes: [UInt8]) {
    Self.with(Self.file(bytes, magic: "VMSG", types: ["CONV", "MESG", "LEFT", "LAST", "MORE"])) { path in
      guard let reader = try? ConversationReader(path: path) else { return }
      while let piece = (try? reader.next()) ?? nil {
        if case .message(let message, _) = piece { _ = message.description }
      }
    }
  }
}
