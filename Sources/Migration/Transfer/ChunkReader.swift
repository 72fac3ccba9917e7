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

/// Takes the data out of a device that saves, chunk by chunk.
public protocol ChunkReader: AnyObject {
  /// Hands the next chunk to `take`, if there is one.
  ///
  /// - Parameter stopped: whether the device is in stop-copy, where no data means the end.
  func next(stopped: Bool, _ take: (RawSpan) throws(TransferFault) -> Void) throws(TransferFault) -> Piece

  /// What the device says is left. Asked between chunks; has no effect on the device.
  ///
  /// - Parameter stopped: whether the device is in stop-copy, where only some figures are defined.
  func estimate(stopped: Bool) throws(TransferFault) -> Estimate
}

/// A reader that can part with a chunk.
protocol LendingReader: ChunkReader {
  /// Exchanges the buffer at whose start the last chunk lies for another one: who keeps the chunk need not copy it.
  func exchange(_ buffer: inout [UInt8])
}

/// Puts data into a device that resumes, in the order it came.
public protocol ChunkWriter: AnyObject {
  /// Gives the device one chunk.
  func put(_ chunk: RawSpan) throws(TransferFault)
}
