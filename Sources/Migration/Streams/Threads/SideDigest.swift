import Dispatch
import Synchronization
import VFIO

/// A SHA-256 that a second thread makes: who adds bytes goes on at once, unless that thread is far behind.
///
/// The bytes are copied and handed over in batches. To wake a thread for each chunk would take longer than a short chunk's
/// digest, and to wait for it would keep the device waiting.
final class SideDigest {
  /// Bytes on their way. One of the two threads has them at a time.
  private final class Batch {
    static let size = 128 << 10
    private var buffer = ChunkBuffer()
    private var count = 0

    var room: Int { Self.size - count }

    func add(_ bytes: RawSpan) {
      buffer.put(bytes, at: count)
      count += bytes.byteCount
    }

    func drain(into digest: Digest) {
      buffer.hand(count) { digest.sha256.update($0) }
      count = 0
    }
  }

  private final class Digest {
    var sha256 = SHA256()
  }

  private let queue = DispatchQueue(label: "vfioscope.digest")
  private let digest = Digest()
  /// The batch that is being filled.
  private var current = Batch()
  /// Batches that have come back. The last one is taken first: it is the one that the processor's cache still has.
  private let free = FreeBatches()

  /// Batches that nobody uses. How many there are bounds how far the second thread may be behind.
  private final class FreeBatches: Sendable {
    private nonisolated(unsafe) var batches = (0..<31).map { _ in Batch() }
    private let lock = Mutex(())
    private let count = DispatchSemaphore(value: 31)

    func take() -> Batch {
      count.wait()
      return lock.withLock { _ in batches.removeLast() }
    }

    func put(_ batch: Batch) {
      lock.withLock { _ in batches.append(batch) }
      count.signal()
    }
  }

  /// Adds bytes.
  func add(_ bytes: RawSpan) {
    add(bytes) { _ in }
  }

  /// Adds bytes, to a CRC-32C too. Made piece by piece with the copy, it finds each piece in the processor's cache.
  func add(_ bytes: RawSpan, updating crc: inout CRC32C) {
    add(bytes) { crc.update($0) }
  }

  private func add(_ bytes: RawSpan, beforeEachPiece: (RawSpan) -> Void) {
    var rest = bytes
    while !rest.isEmpty {
      let piece = rest.extracting(first: min(rest.byteCount, current.room))
      beforeEachPiece(piece)
      current.add(piece)
      rest = rest.extracting(droppingFirst: piece.byteCount)
      if current.room == 0 { handOver() }
    }
  }

  private func handOver() {
    nonisolated(unsafe) let (full, digest) = (current, digest)
    queue.async { [free] in
      full.drain(into: digest)
      free.put(full)
    }
    current = free.take()
  }

  /// The digest of all bytes so far: 32 bytes. More may follow.
  func finish() -> [UInt8] {
    // What was handed over comes first.
    queue.sync {}
    current.drain(into: digest)
    return digest.sha256.digest()
  }
}
