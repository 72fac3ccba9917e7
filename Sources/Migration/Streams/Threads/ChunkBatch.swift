import Synchronization

/// Chunks on their way from one thread to another. One of the two has it at a time, which the compiler does not see.
///
/// To wake a thread for each short chunk would take longer than to write it. Nothing of it is used while it is being
/// changed, which is not checked each time: of a short chunk that would be a notable part.
final class ChunkBatch: @unchecked Sendable {
  /// As many bytes are worth waking a thread for.
  static let size = 256 << 10

  /// The bytes of the chunks; what is not in their places means nothing.
  @exclusivity(unchecked) var bytes = [UInt8](repeating: 0, count: size)
  /// Where they, or a part of one, lie in `bytes`, one behind the other.
  @exclusivity(unchecked) private(set) var places: [Range<Int>] = []
  /// Bytes of the last chunk that are not in this batch, but in those behind it.
  @exclusivity(unchecked) private(set) var left = 0

  /// Bytes up to the end of the last chunk.
  var count: Int { places.last?.upperBound ?? 0 }

  /// Whether a chunk of so many bytes may still be added. One that is too long for any batch has one of its own.
  func hasRoom(for count: Int) -> Bool { places.isEmpty || self.count + count <= Self.size }

  /// Whether it is to be handed over.
  var isFull: Bool { count >= Self.size || left > 0 }

  /// Copies a chunk behind the others, or the first or only part of one.
  func add(_ chunk: RawSpan, left: Int = 0) {
    let place = count..<count + chunk.byteCount
    if bytes.count < place.upperBound { bytes += repeatElement(0, count: place.upperBound - bytes.count) }
    bytes.withUnsafeMutableBytes { bytes in chunk.withUnsafeBytes { bytes[place].copyBytes(from: $0) } }
    places.append(place)
    self.left = left
  }

  /// A chunk, or a part of one, has been put into `bytes` at this place; it is the first one.
  func holdFirst(_ place: Range<Int>, left: Int = 0) {
    places = [place]
    self.left = left
  }

  /// Takes all chunks out.
  func removeAll() {
    places.removeAll(keepingCapacity: true)
    left = 0
  }

  /// Hands out each chunk, or part of one, with how many bytes of it are in other batches behind this one.
  func forEach<E: Error>(_ take: (_ bytes: RawSpan, _ left: Int) throws(E) -> Void) throws(E) {
    let bytes = bytes
    for (index, place) in places.enumerated() {
      try take(bytes.span.bytes.extracting(place), index == places.count - 1 ? left : 0)
    }
  }
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
