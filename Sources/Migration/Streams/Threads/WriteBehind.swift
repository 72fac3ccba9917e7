import Dispatch
import Synchronization
import VFIO

/// A writer whose work a second thread does: a device that saves is asked for the next chunk while the one before gets its
/// checksum and goes to the disk, and so is stopped for a shorter time.
///
/// A fault of the writer comes out at a later call; after it nothing more is written. `flush` waits until all is written.
public final class WriteBehind: StreamWriter {
  /// Used by the second thread while there are chunks on their way, by the caller otherwise.
  private let writer: any StreamWriter
  private let queue = DispatchQueue(label: "vfioscope.writing")
  /// What both threads use.
  private let shared = Shared()
  /// The batch that is being filled.
  private var current = ChunkBatch()

  private final class Shared: Sendable {
    let backlog = Backlog()
    let free = FreeBatches()
    let fault = Mutex<StreamFault?>(nil)

    /// Writes what is in the batch, unless there was a fault before.
    func write(_ batch: ChunkBatch, to writer: any StreamWriter) {
      let count = batch.count
      do throws(StreamFault) {
        try check()
        try batch.forEach { (bytes, left) throws(StreamFault) in try writer.chunk(bytes, left: left) }
      } catch {
        fault.withLock { $0 = error }
      }
      free.put(batch)
      backlog.leave(count)
    }

    /// Throws the writer's fault, if there was one.
    func check() throws(StreamFault) {
      if let fault = fault.withLock({ $0 }) { throw fault }
    }
  }

  /// Gives `writer` its chunks on another thread.
  public init(_ writer: any StreamWriter) {
    self.writer = writer
  }

  /// The writer's. It is the second thread that waits then, and this one for it.
  public var wait: StreamWait? { writer.wait }

  /// Begins the phase when all before it is written.
  public func begin(phase: State) throws(StreamFault) {
    try settle()
    try writer.begin(phase: phase)
  }

  /// Takes a chunk, or a part of one. Waits when too much is still to be written.
  public func chunk(_ bytes: RawSpan, left: Int) throws(StreamFault) {
    try shared.check()
    if !current.hasRoom(for: bytes.byteCount) { handOver() }
    current.add(bytes, left: left)
    if current.isFull { handOver() }
  }

  /// Whether so many bytes are taken with the memory they lie in. Fewer are copied, to go with others.
  static func takesWhole(_ count: Int) -> Bool { count >= ChunkBatch.size }

  /// Takes a part of a chunk with the memory it lies in, the start of `buffer`, which has other memory then.
  func take(_ part: ChunkPart, from buffer: inout ChunkBuffer) throws(StreamFault) {
    try shared.check()
    if current.count > 0 { handOver() }
    shared.backlog.enter(part.count)
    // Not before there is room, so that there are no more of them than can be on their way.
    let batch = shared.free.take()
    buffer.exchange(&batch.bytes)
    batch.holdFirst(0..<part.count, left: part.left)
    send(batch)
  }

  /// Waits until all is written, and flushes the writer.
  public func flush() throws(StreamFault) {
    try settle()
    try writer.flush()
  }

  /// Waits until all is written, and finishes the writer.
  public func finish(finalState: State?, onDigest: (UInt64) -> Bool) throws(StreamFault) -> StreamSummary {
    try settle()
    return try writer.finish(finalState: finalState, onDigest: onDigest)
  }

  /// Abandons the writer.
  public func abandon() {
    queue.sync {}
    writer.abandon()
  }

  private func handOver() {
    shared.backlog.enter(current.count)
    send(current)
    current = shared.free.take()
  }

  private func send(_ batch: ChunkBatch) {
    nonisolated(unsafe) let writer = writer
    queue.async { [shared] in shared.write(batch, to: writer) }
  }

  private func settle() throws(StreamFault) {
    if current.count > 0 { handOver() }
    queue.sync {}
    try shared.check()
  }
}
