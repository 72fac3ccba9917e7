import VFIO

/// What a saving device had when it was asked for data.
public enum Piece: Sendable, Equatable {
  /// So many bytes; they were handed out.
  case chunk(Int)
  /// None for now; a running device may have more later.
  case nothingNow
  /// None, and none will come.
  case end
}

/// A part of a chunk: a short chunk has one, a long one several, which follow each other.
public struct ChunkPart: Sendable, Equatable {
  /// The longest part of a chunk that is not taken at once, in bytes: however long a device's chunks are, no more memory
  /// is taken for them. The processor's cache holds as much from one use to the next.
  public static let limit = 256 << 10

  /// Bytes.
  public let count: Int
  /// Bytes of the same chunk that come behind it; 0 ends the chunk.
  public let left: Int
}

/// Takes a part of a chunk; `left` bytes of the chunk come behind it.
public typealias PartTaker = (_ bytes: RawSpan, _ left: Int) throws(TransferFault) -> Void

/// Throws when no more data is to be moved.
public typealias GoingOn = () throws(TransferFault) -> Void

/// Takes the data out of a device that saves, chunk by chunk.
public protocol ChunkReader: AnyObject {
  /// Hands the next chunk to `take`, part by part, if there is one.
  ///
  /// - Parameter stopped: whether the device is in stop-copy, where no data means the end.
  func next(stopped: Bool, _ take: PartTaker) throws(TransferFault) -> Piece

  /// The running device is about to be stopped, and is asked for nothing more before that.
  ///
  /// - Returns: whether there is something left that it has been asked for already: the following `next` waits for that, and
  ///   asks for no more. When there is not, `next` asks the device as ever.
  func askNoMore() -> Bool

  /// What the device says is left. Asked between chunks; has no effect on the device.
  ///
  /// - Parameter stopped: whether the device is in stop-copy, where only some figures are defined.
  func estimate(stopped: Bool) throws(TransferFault) -> Estimate
}

extension ChunkReader {
  /// The device is only asked for what is handed out.
  public func askNoMore() -> Bool { false }
}

/// A reader that can part with the memory its data lie in.
protocol LendingReader: ChunkReader {
  /// Hands the next chunk to `take`, part by part, each at the start of a buffer whose memory may be exchanged: who keeps
  /// the part need not copy it.
  func next(
    stopped: Bool, lending take: (_ buffer: inout ChunkBuffer, ChunkPart) throws(TransferFault) -> Void
  ) throws(TransferFault) -> Piece
}

extension LendingReader {
  /// Hands the next chunk to `take`, part by part, and keeps the memory.
  public func next(stopped: Bool, _ take: PartTaker) throws(TransferFault) -> Piece {
    try next(stopped: stopped) { (buffer, part) throws(TransferFault) in
      try buffer.hand(part.count) { (bytes) throws(TransferFault) in try take(bytes, part.left) }
    }
  }
}

/// Puts data into a device that resumes, in the order it came.
public protocol ChunkWriter: AnyObject {
  /// Gives the device a chunk, or the next part of one; `left` bytes of it come behind.
  func put(_ bytes: RawSpan, left: Int) throws(TransferFault)

  /// All has been given: fails when the device has not taken all of it.
  func finish() throws(TransferFault)
}

extension ChunkWriter {
  /// Gives the device a whole chunk.
  public func put(_ chunk: RawSpan) throws(TransferFault) { try put(chunk, left: 0) }
}
