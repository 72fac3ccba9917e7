import Synchronization

/// Chunks on their way from one thread to another. One of the two has it at a time, which the compiler does not see.
///
/// To wake a thread for each short chunk would take longer than to write it.
final class ChunkBatch: @unchecked Sendable {
  /// As many bytes are worth waking a thread for.
  static let size = 256 << 10

  /// The chunks one behind the other; what follows the last one means nothing.
  var bytes = [UInt8](repeating: 0, count: size)
  /// Where each of them ends.
  private(set) var ends: [Int] = []
  /// Whether somebody else has `bytes`.
  private var isLent = false

  /// Bytes of the chunks.
  var count: Int { ends.last ?? 0 }

  /// Whether a chunk of so many bytes may still be added. One that is too long for any batch has one of its own.
  func hasRoom(for count: Int) -> Bool { ends.isEmpty || self.count + count <= Self.size }

  /// Whether it is to be handed over.
  var isFull: Bool { count >= Self.size }

  /// Copies a chunk behind the others.
  func add(_ chunk: RawSpan) {
    let place = count..<count + chunk.byteCount
    if bytes.count < place.upperBound { bytes += repeatElement(0, count: place.upperBound - bytes.count) }
    bytes.withUnsafeMutableBytes { bytes in chunk.withUnsafeBytes { bytes[place].copyBytes(from: $0) } }
    ends.append(place.upperBound)
  }

  /// What was put into `bytes` is the first chunk, and the only one.
  func holdFirst(_ count: Int) {
    ends = [count]
  }

  /// Takes all chunks out.
  func removeAll() {
    ends.removeAll(keepingCapacity: true)
  }

  /// Puts a chunk at the start of `buffer`, which may become longer.
  ///
  /// - Returns: the chunk's length.
  func take(_ index: Int, into buffer: inout [UInt8]) -> Int {
    // The usual case of long chunks: nothing is copied.
    if ends.count == 1 {
      swap(&bytes, &buffer)
      isLent = true
      return count
    }
    let place = place(of: index)
    if buffer.count < place.count { buffer += repeatElement(0, count: place.count - buffer.count) }
    buffer.withUnsafeMutableBytes { target in bytes.withUnsafeBytes { target.copyBytes(from: $0[place]) } }
    return place.count
  }

  /// Takes back what `take` may have lent: there is no need of two buffers for long chunks.
  func takeBack(_ buffer: inout [UInt8]) {
    if isLent { swap(&bytes, &buffer) }
    isLent = false
  }

  /// Hands out each chunk.
  func forEach<E: Error>(_ take: (RawSpan) throws(E) -> Void) throws(E) {
    let bytes = bytes
    for index in ends.indices { try take(bytes.span.bytes.extracting(place(of: index))) }
  }

  private func place(of index: Int) -> Range<Int> { (index > 0 ? ends[index - 1] : 0)..<ends[index] }
}

/// Batches that nobody uses.
final class FreeBatches: Sendable {
  private let batches = Mutex<[ChunkBatch]>([])

  /// An empty batch. The last one that came back is the first to go: the processor's cache still has it.
  func take() -> ChunkBatch { batches.withLock { $0.popLast() } ?? ChunkBatch() }

  /// Takes a batch back, without its chunks.
  func put(_ batch: ChunkBatch) {
    batch.removeAll()
    batches.withLock { $0.append(batch) }
  }
}
