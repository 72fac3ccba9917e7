import VFIO

/// Reads a file's head and frames one after the other.
final class FrameSource {
  private let descriptor: StreamDescriptor
  private let format: FrameFormat
  private var scratch: [UInt8] = []
  /// Bytes that were read ahead, so that short frames don't take two calls each. Long payloads go past it.
  private var ahead = [UInt8](repeating: 0, count: 32 << 10)
  /// What of them has not been given out.
  private var waiting = 0..<0
  /// Whether the last frame was so long that the next one will hardly have been read with it.
  private var frameIsLong = false
  /// Where the frame that is being read begins.
  private(set) var frameOffset: UInt64 = 0
  /// Bytes of the longest chunk there is room for at once; a made-up length may be more than there can be.
  private static let room = 32 << 20
  /// What has been read, for a fault that says how far it came.
  var soFar: any CustomStringConvertible = StreamExtent()

  init(_ descriptor: StreamDescriptor, _ format: FrameFormat = StreamFile.format) {
    self.descriptor = descriptor
    self.format = format
  }

  var name: String { descriptor.name }
  /// Lets others end the wait for whoever gives the bytes; nil when there is none.
  var wait: StreamWait? { descriptor.wait }
  /// Bytes given out so far.
  var position: UInt64 { descriptor.position - UInt64(waiting.count) }
  /// The SHA-256 of the frames' heads so far, and with it of their order and of the checksums of what is in them.
  private(set) var heads = SHA256()

  /// A fault in the frame that is being read.
  func fault(_ kind: StreamFault.Kind, _ reason: String) -> StreamFault {
    StreamFault(name, at: frameOffset, kind, reason)
  }

  /// The file ends here, before its trailer.
  func cut() -> StreamFault {
    StreamFault(name, at: position, .unfinished, "not finished: \(soFar) so far, and no trailer")
  }

  /// Whether some bytes of the frame that is being read have been read.
  var endsInFrame: Bool { position > frameOffset }

  /// Reads the magic and the version.
  func readHead() throws(StreamFault) {
    let isWhole = try read(FrameFormat.headSize, into: &scratch)
    let got = Array(scratch.prefix(Int(position)))
    guard !got.isEmpty else { throw fault(.empty, "is empty, not \(format.name)") }
    guard got.prefix(8).elementsEqual(format.magic.prefix(got.count)) else {
      throw fault(.foreign, "is not \(format.name)")
    }
    guard isWhole else { throw cut() }
    guard got.little(at: 12) == CRC32C(got.span.bytes.extracting(0..<12)).value else {
      throw fault(.altered, "the head's checksum does not fit")
    }
    let version: UInt32 = got.little(at: 8) ?? 0
    guard version > 0 else { throw fault(.otherVersion, "says that its version is 0, and there is no version 0") }
    guard version <= format.version else {
      throw fault(
        .otherVersion,
        "is \(format.name) of version \(version), which is newer than this program knows (1 to \(format.version))")
    }
  }

  /// Reads the next frame's head; nil when the file ends before it is all there.
  func nextFrame() throws(StreamFault) -> StreamFrame? {
    frameOffset = position
    guard try read(StreamFrame.headSize, into: &scratch) else { return nil }
    let head = scratch
    heads.update(head.span.bytes.extracting(first: StreamFrame.headSize))
    guard let frame = StreamFrame(head: head.span.bytes.extracting(first: StreamFrame.headSize)) else {
      throw fault(.altered, "the checksum of the frame's head does not fit")
    }
    frameIsLong = frame.length >= ahead.count
    guard format.allows(frame) else {
      throw fault(.altered, "a frame of \(frame.length) bytes, more than there can be")
    }
    return frame
  }

  /// Reads the payload of a short frame.
  func payload(of frame: StreamFrame) throws(StreamFault) -> [UInt8] {
    let count = Int(frame.length)
    guard try read(count, into: &scratch) else { throw cut() }
    let payload = Array(scratch.prefix(count))
    try check(frame, CRC32C(payload.span.bytes))
    return payload
  }

  /// Reads what follows the payload of a chunk that has been read.
  ///
  /// - Returns: the frame with the payload's checksum.
  func ending(_ frame: StreamFrame) throws(StreamFault) -> StreamFrame {
    guard frame.tail > 0 else { return frame }
    guard try read(frame.tail, into: &scratch) else { throw cut() }
    let tail = scratch
    heads.update(tail.span.bytes.extracting(first: frame.tail))
    return StreamFrame(type: frame.type, length: Int(frame.length), checksum: scratch.little(at: 0) ?? 0)
  }

  /// Compares a payload's checksum with the one in its frame's head.
  func check(_ frame: StreamFrame, _ checksum: CRC32C) throws(StreamFault) {
    if checksum.value != frame.checksum { throw fault(.altered, "the frame's checksum does not fit") }
  }

  /// Reads `count` bytes to the start of `buffer`, which grows with the bytes that really come.
  ///
  /// - Returns: whether they were all there.
  func read(_ count: Int, into buffer: inout [UInt8]) throws(StreamFault) -> Bool {
    var done = 0
    // Room takes no memory until it is used, unlike a smaller buffer that has to be copied into a larger one.
    if buffer.count < count { buffer.reserveCapacity(min(count, Self.room)) }
    while done < count {
      if buffer.count < count {
        let more = min(count - buffer.count, max(64 << 10, buffer.count))
        buffer.append(contentsOf: repeatElement(0, count: more))
      }
      let end = min(count, buffer.count)
      let got = try read(into: &buffer, done..<end)
      done += got
      if done < end { return false }
    }
    return true
  }

  /// Whether there are no more bytes.
  func isAtEnd() throws(StreamFault) -> Bool {
    scratch = [0]
    return try read(into: &scratch, 0..<1) == 0
  }

  /// Fills this place of `buffer`. Gives the bytes that came; fewer only at the end.
  private func read(into buffer: inout [UInt8], _ place: Range<Int>) throws(StreamFault) -> Int {
    var rest = place
    while !rest.isEmpty {
      if waiting.isEmpty && rest.count >= ahead.count {
        return rest.lowerBound - place.lowerBound + (try fill(&buffer, rest, enough: rest.count))
      }
      if waiting.isEmpty {
        let wanted = 0..<(frameIsLong ? rest.count : ahead.count)
        waiting = 0..<(try fill(&ahead, wanted, enough: 1))
      }
      if waiting.isEmpty { break }
      let count = min(waiting.count, rest.count)
      buffer.withUnsafeMutableBytes { target in
        ahead.withUnsafeBytes { source in
          target[rest.prefix(count)].copyBytes(from: source[waiting.prefix(count)])
        }
      }
      waiting = waiting.dropFirst(count)
      rest = rest.dropFirst(count)
    }
    return rest.lowerBound - place.lowerBound
  }

  private func fill(_ buffer: inout [UInt8], _ place: Range<Int>, enough: Int) throws(StreamFault) -> Int {
    var fault: StreamFault?
    let got = buffer.withUnsafeMutableBytes { bytes in
      do throws(StreamFault) {
        return try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[place]), enough: enough)
      } catch {
        fault = error
        return 0
      }
    }
    if let fault { throw fault }
    return got
  }
}
