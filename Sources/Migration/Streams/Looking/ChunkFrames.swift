/// Finds the chunks of a stream file by the heads of its frames alone.
struct ChunkFrames: StreamItemReader {
  private let descriptor: StreamDescriptor
  /// Where the next frame begins in the file; nil behind plain bytes.
  private var position: UInt64?
  private var start: UInt64 = 0
  /// The only chunk of plain bytes, until it has been given away.
  private var plain: Capture.Chunk?

  init(_ descriptor: StreamDescriptor) {
    self.descriptor = descriptor
    position = UInt64(StreamFile.headSize)
  }

  init(_ descriptor: StreamDescriptor, plainBytes count: UInt64) {
    self.descriptor = descriptor
    plain = count == 0 ? nil : Capture.Chunk(start: 0, count: Int(count), fileOffset: 0)
  }

  mutating func step() throws(StreamFault) -> ReaderStep<Capture.Chunk> {
    if let plain {
      self.plain = nil
      return .item(plain)
    }
    guard let offset = position else { return .end }
    let head = try descriptor.bytes(at: offset, count: StreamFrame.headSize)
    guard let frame = StreamFrame(head: head.span.bytes) else { return .end }
    let payload = offset + UInt64(StreamFrame.headSize)
    position = payload + UInt64(frame.length) + UInt64(frame.tail)
    guard frame.isChunk else { return .nothing }
    let chunk = Capture.Chunk(start: start, count: Int(frame.length), fileOffset: payload)
    start += UInt64(frame.length)
    return .item(chunk)
  }
}
