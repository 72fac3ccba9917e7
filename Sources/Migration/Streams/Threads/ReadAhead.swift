import Dispatch
import Synchronization

/// A source that a second thread reads: while a device takes a chunk, the next ones are fetched and their checksums are
/// looked at.
///
/// It is for files: a pipe that gives nothing would keep the second thread when nobody wants more.
public final class ReadAhead: ChunkSource {
  private let source: any ChunkSource
  private let shared = Shared()
  /// The batch that is being handed out.
  private var batch: ChunkBatch?
  /// The number of its next chunk, or part of one.
  private var next = 0
  /// Set when all has been handed out.
  private var end: Result<Void, StreamFault>?

  private enum Piece {
    case batch(ChunkBatch)
    case end(Result<Void, StreamFault>)
  }

  /// What both threads use.
  private final class Shared: Sendable {
    let backlog = Backlog()
    let free = FreeBatches()
    let isStopped = Atomic(false)
    private let pieces = Mutex<[Piece]>([])
    private let count = DispatchSemaphore(value: 0)

    private func hand(_ batch: ChunkBatch) {
      let count = batch.count
      guard count > 0 else { return }
      backlog.enter(count)
      put(.batch(batch))
    }

    private func put(_ piece: Piece) {
      pieces.withLock { $0.append(piece) }
      count.signal()
    }

    /// The next piece, when it is there.
    func take() -> Piece {
      count.wait()
      return pieces.withLock { $0.removeFirst() }
    }

    /// Reads on to the end, or until nobody wants more.
    func read(_ filler: Filler) {
      var filler = filler
      do throws(StreamFault) {
        while !isStopped.load(ordering: .relaxed) {
          let batch = free.take()
          defer { hand(batch) }
          try filler.fill(batch)
          if batch.count == 0 { break }
        }
        put(.end(.success(())))
      } catch {
        put(.end(.failure(error)))
      }
    }
  }

  /// Reads from `source` on another thread.
  public init(_ source: any ChunkSource) {
    self.source = source
    nonisolated(unsafe) let filler = Filler(source)
    DispatchQueue(label: "vfioscope.reading").async { [shared] in shared.read(filler) }
  }

  deinit {
    shared.isStopped.store(true, ordering: .relaxed)
    // It may be waiting for room.
    shared.backlog.leave(Backlog.limit)
  }

  /// The next chunk, or part of one, when it is there. All of a batch lie in the same buffer: none is copied.
  public func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    while true {
      if let batch, next < batch.places.count {
        defer { next += 1 }
        return PlacedPart(place: batch.places[next], left: next == batch.places.count - 1 ? batch.left : 0)
      }
      giveBack(&buffer)
      if let end {
        try end.get()
        return nil
      }
      switch shared.take() {
      case .batch(let full):
        swap(&full.bytes, &buffer)
        (batch, next) = (full, 0)
      case .end(let result): end = result
      }
    }
  }

  /// The source's.
  public var total: UInt64? { source.total }

  /// The source's, once all has come.
  public var digest: String? { if case .success = end { source.digest } else { nil } }

  /// The source's. It is the second thread that waits then, and this one for it.
  public var wait: StreamWait? { source.wait }

  /// Lets the second thread have the batch again, with its bytes: there is no need of two buffers for long chunks.
  private func giveBack(_ buffer: inout [UInt8]) {
    guard let batch else { return }
    let count = batch.count
    swap(&batch.bytes, &buffer)
    shared.free.put(batch)
    shared.backlog.leave(count)
    self.batch = nil
  }
}

/// Puts a source's chunks into batches.
private struct Filler {
  private let source: any ChunkSource
  private var scratch: [UInt8] = []
  /// A chunk, or the first part of one, in `scratch` that did not fit into the batch before.
  private var carried: PlacedPart?

  init(_ source: any ChunkSource) {
    self.source = source
  }

  /// Puts the next chunks into an empty batch: none when all have come. Those before a fault are in it.
  mutating func fill(_ batch: ChunkBatch) throws(StreamFault) {
    if let carried {
      swap(&batch.bytes, &scratch)
      batch.holdFirst(carried.place, left: carried.left)
      self.carried = nil
    } else if let first = try source.nextPart(into: &batch.bytes) {
      batch.holdFirst(first.place, left: first.left)
    }
    while batch.count > 0, !batch.isFull, let part = try source.nextPart(into: &scratch) {
      guard batch.hasRoom(for: part.place.count) else {
        carried = part
        break
      }
      batch.add(scratch.span.bytes.extracting(part.place), left: part.left)
    }
  }
}
