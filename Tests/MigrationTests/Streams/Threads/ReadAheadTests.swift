import Dispatch
import Synchronization
import Testing
import VFIO

@testable import Migration

/// The source that a second thread reads.
@Suite struct ReadAheadTests {
  private let folder = Folder()

  @Test func givesTheSameChunksInTheirOrder() throws {
    var numbers = SeededNumbers(seed: 22)
    let chunks = numbers.chunks()
    let path = try folder.file("s", holding: streamFile([(.v2(.stopCopy), chunks)]))
    let ahead = ReadAhead(try StreamFileReader(checking: path))
    var buffer: [UInt8] = []
    for chunk in chunks {
      let isTheSame = try ahead.nextChunk(into: &buffer) == chunk
      #expect(isTheSame)
    }
    #expect(ahead.digest == nil)
    #expect(try ahead.nextChunk(into: &buffer) == nil)
    #expect(try ahead.digest == StreamFile.verify(path: path).sha256)
    #expect(try ahead.nextChunk(into: &buffer) == nil)
  }

  @Test func aFaultComesAfterTheChunksBeforeIt() throws {
    let fault = StreamFault("s", at: 7, .altered, "the frame's checksum does not fit")
    let ahead = ReadAhead(Numbers(endingAt: 3, with: fault))
    var buffer: [UInt8] = []
    for number in 0..<3 {
      #expect(try ahead.nextChunk(into: &buffer) == [UInt8(number)])
    }
    for _ in 0..<2 { #expect(throws: fault) { try ahead.nextChunk(into: &buffer) } }
    #expect(ahead.digest == nil)
  }

  @Test func anEmptySourceHasNoChunk() throws {
    let ahead = ReadAhead(Numbers(endingAt: 0))
    var buffer: [UInt8] = []
    #expect(try ahead.nextChunk(into: &buffer) == nil)
    #expect(ahead.digest == "digest")
  }

  @Test(arguments: [1, ChunkBatch.size, Backlog.limit, Backlog.limit + 1])
  func readsOnlySoFarAheadAndEndsWhenNobodyWantsMore(_ length: Int) throws {
    let watch = Watch()
    var ahead: ReadAhead? = ReadAhead(Numbers(length: length, watch: watch))
    var buffer: [UInt8] = []
    for _ in 0..<3 { #expect(try ahead?.nextChunk(into: &buffer)?.count == length) }
    // What is on its way, what each side has, and one chunk that did not fit.
    #expect(watch.count.load(ordering: .relaxed) <= 3 + (Backlog.limit + 3 * max(length, ChunkBatch.size)) / length)
    ahead = nil
    #expect(watch.isGone.wait(timeout: .now() + 20) == .success)
  }
}

/// What a test sees of a source.
private final class Watch: Sendable {
  /// How many chunks it gave.
  let count = Atomic(0)
  let isGone = DispatchSemaphore(value: 0)
}

/// Chunks that begin with their number.
private final class Numbers: ChunkSource {
  private let end: Int
  private let fault: StreamFault?
  private let length: Int
  private let watch: Watch
  private var next = 0

  init(endingAt end: Int = .max, with fault: StreamFault? = nil, length: Int = 1, watch: Watch = Watch()) {
    self.end = end
    self.fault = fault
    self.length = length
    self.watch = watch
  }

  deinit { watch.isGone.signal() }

  func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    guard next < end else {
      if let fault { throw fault }
      return nil
    }
    if buffer.count < length { buffer = [UInt8](repeating: 0, count: length) }
    buffer[0] = UInt8(truncatingIfNeeded: next)
    next += 1
    watch.count.add(1, ordering: .relaxed)
    return PlacedPart(place: 0..<length)
  }

  var digest: String? { "digest" }
}
