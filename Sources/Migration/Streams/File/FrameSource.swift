import VFIO

/// Reads a stream file's head and frames one after the other.
final class FrameSource {
  private let descriptor: StreamDescriptor
  private var scratch: [UInt8] = []
  /// Where the frame that is being read begins.
  private var frameOffset: UInt64 = 0
  /// The chunks that have been read, for a fault that says how far it came.
  var soFar = StreamExtent()

  init(_ descriptor: StreamDescriptor) {
    self.descriptor = descriptor
  }

  var name: String { descriptor.name }
  /// Bytes read so far.
  var position: UInt64 { descriptor.position }

  /// A fault in the frame that is being read.
  func fault(_ kind: StreamFault.Kind, _ reason: String) -> StreamFault {
    StreamFault(name, at: frameOffset, kind, reason)
  }

  /// The file ends here, before its trailer.
  func cut() -> StreamFault {
    StreamFault(name, at: position, .unfinished, "not finished: \(soFar) so far, and no trailer")
  }

  /// Reads the magic and the version.
  func readHead() throws(StreamFault) {
    let isWhole = try read(StreamFile.headSize, into: &scratch)
    let got = Array(scratch.prefix(Int(position)))
    guard !got.isEmpty else { throw fault(.foreign, "is empty, not a stream file") }
    guard got.prefix(8).elementsEqual(StreamFile.magic.prefix(got.count)) else {
      throw fault(.foreign, "is not a stream file")
    }
    guard isWhole else { throw cut() }
    guard got.little(at: 12) == CRC32C(got.span.bytes.extracting(0..<12)).value else {
      throw fault(.altered, "the head's checksum does not fit")
    }
    guard let version: UInt32 = got.little(at: 8), version == StreamFile.version else {
      let found: UInt32 = got.little(at: 8) ?? 0
      throw fault(.foreign, "is a stream file of version \(found); version \(StreamFile.version) is known here")
    }
  }

  /// Reads the next frame's head; nil when the file ends before it is all there.
  func nextFrame() throws(StreamFault) -> StreamFrame? {
    frameOffset = position
    guard try read(StreamFrame.headSize, into: &scratch) else { return nil }
    guard let frame = StreamFrame(head: Array(scratch.prefix(StreamFrame.headSize))) else {
      throw fault(.altered, "the checksum of the frame's head does not fit")
    }
    guard frame.isPlausible else { throw fault(.altered, "a frame of \(frame.length) bytes, more than there can be") }
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

  /// Compares a payload's checksum with the one in its frame's head.
  func check(_ frame: StreamFrame, _ checksum: CRC32C) throws(StreamFault) {
    if checksum.value != frame.checksum { throw fault(.altered, "the frame's checksum does not fit") }
  }

  /// Reads `count` bytes to the start of `buffer`, which grows with the bytes that really come.
  ///
  /// - Returns: whether they were all there.
  func read(_ count: Int, into buffer: inout [UInt8]) throws(StreamFault) -> Bool {
    var done = 0
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

  private func read(into buffer: inout [UInt8], _ place: Range<Int>) throws(StreamFault) -> Int {
    var fault: StreamFault?
    let got = buffer.withUnsafeMutableBytes { bytes in
      do throws(StreamFault) {
        return try descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[place]))
      } catch {
        fault = error
        return 0
      }
    }
    if let fault { throw fault }
    return got
  }
}
