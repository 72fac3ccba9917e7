import Glibc
import Testing
import VFIO

@testable import Migration

/// Long lists of which little is kept.
@Suite struct SparseListTests {
  /// Finds a number at 10, 20, 30 and so on, with a step that finds nothing before each.
  private struct Tens: StreamItemReader {
    struct Ten: StreamItem, Equatable { let start: UInt64 }
    let end: UInt64
    var position: UInt64 = 0

    mutating func step() -> ReaderStep<Ten> {
      guard position < end else { return .end }
      position += 5
      return position.isMultiple(of: 10) ? .item(Ten(start: position)) : .nothing
    }
  }

  @Test(arguments: [1, 3, 16, 1000]) func anythingIsFoundWhateverIsKept(limit: Int) throws {
    let list = SparseList(Tens(end: 1000), limit: limit)
    try list.advance()
    #expect(list.count == 100 && list.isWhole)
    for first in [0, 99, 1, 50, 51, 52, 7, 98] {
      let expected = (first..<min(100, first + 3)).map { UInt64($0 + 1) * 10 }
      #expect(try list.items(from: first, count: 3).map(\.start) == expected)
    }
    #expect(try list.items(from: 100, count: 3).isEmpty)
    for (offset, index) in [(1000, 99), (10, 0), (19, 0), (515, 50), (9999, 99)] as [(UInt64, Int)] {
      let last = try #require(try list.last(at: offset))
      #expect(last.index == index && last.item.start == UInt64(index + 1) * 10)
    }
    #expect(try list.last(at: 9) == nil)
  }

  @Test func whatIsNotFoundYetIsNotThere() throws {
    let list = SparseList(Tens(end: 1000), limit: 4)
    try list.advance(steps: 5)
    #expect(list.count == 2 && !list.isWhole)
    #expect(try list.items(from: 0, count: 10).map(\.start) == [10, 20])
    #expect(try list.last(at: 500)?.index == 1)
    try list.advance(until: 7)
    #expect(list.count == 7)
  }
}

/// Streams that are walked step by step.
@Suite struct StepwiseCaptureTests {
  private let folder = Folder()

  @Test func eachStepBringsMoreOfTheData() throws {
    let chunks = (0..<50).map { [UInt8](repeating: UInt8($0), count: 1000) }
    let bytes = try streamFile([(.v2(.preCopy), chunks)])
    let capture = try Capture(opening: folder.file("s", holding: bytes))
    #expect(capture.identity == someIdentity)
    #expect(capture.count == 0)
    #expect(try capture.walk(bytes: 2500) == false)
    #expect(capture.chunkCount == 3)
    #expect(try capture.read(at: 2999, count: 100) == [2])
    #expect(capture.walkedBytes > 3000 && capture.walkedBytes < 4000)
    while try !capture.walk(bytes: 10_000) {}
    #expect(capture.count == 50_000)
    #expect(capture.walkedBytes == capture.fileSize)
    #expect(capture.summary.isComplete)
  }

  @Test func manyChunksAreFoundByAnyOffset() throws {
    var numbers = SeededNumbers(seed: 4)
    let chunks = (0..<40_000).map { [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: 1 + $0 % 3) }
    let data = chunks.flatMap { $0 }
    let capture = try Capture(path: folder.file("s", holding: streamFile([(.v2(.stopCopy), chunks)])))
    #expect(capture.chunkCount == 40_000)
    for _ in 0..<200 {
      let offset = Int.random(in: 0..<data.count, using: &numbers)
      #expect(try capture.read(at: UInt64(offset), count: 50) == Array(data[offset...].prefix(50)))
    }
  }

  @Test func aLongChunkIsCheckedWithoutBeingKept() throws {
    let path = folder.file("s")
    let writer = try StreamFileWriter(FileSink(path: path), identity: someIdentity)
    try writer.begin(phase: .v2(.stopCopy))
    try writer.chunk([UInt8](repeating: 7, count: 3 << 20).span.bytes)
    _ = try writer.finish(finalState: nil)
    let reader = try StreamFileReader(path: path)
    #expect(try reader.check() == .phase("stop-copy"))
    #expect(try reader.check() == .chunk(3 << 20))
    #expect(try reader.check() == nil)
  }

  @Test func aChangedByteInALongChunkIsFound() throws {
    var bytes = try streamFile([(.v2(.stopCopy), [[UInt8](repeating: 7, count: 600 << 10)])])
    bytes[300 << 10] ^= 1
    let capture = try Capture(path: folder.file("s", holding: bytes))
    #expect(capture.fault?.reason == "the frame's checksum does not fit")
    #expect(capture.count == 0)
  }

  @Test func phasesWithoutNumberAreRefused() throws {
    let phase = frame(StreamFrame.Kind.phase.rawValue, little(0 as UInt64) + Array("stop-copy".utf8))
    let start = Array(try streamFile([]).dropLast(StreamFrame.headSize + 16 + SHA256.size + 4))
    let capture = try Capture(path: folder.file("s", holding: start + (0..<5000).flatMap { _ in phase }))
    #expect(capture.fault?.reason == "more phases, or a longer name of one, than there can be")
    #expect(capture.summary.phases.count == 4096)
    let long = frame(StreamFrame.Kind.phase.rawValue, little(0 as UInt64) + [UInt8](repeating: 65, count: 257))
    #expect(try Capture(path: folder.file("l", holding: start + long)).fault?.kind == .altered)
  }
}

/// Differences found one after the other.
@Suite struct DifferenceReaderTests {
  @Test(arguments: [1, 100]) func areThoseOfTheWholeComparison(limit: Int) throws {
    var numbers = SeededNumbers(seed: 1)
    let one = numbers.bytes(3 << 20)
    var other = one
    for place in [0, 5, 14, 1000, 1_048_570, 1_048_575, 1_048_576, 1_048_580, 2_500_000] { other[place] ^= 0xFF }
    let list = SparseList(DifferenceReader(Sample(one), Sample(other + [1, 2])), limit: limit)
    try list.advance()
    let ranges = try list.items(from: 0, count: 10).map(\.range)
    #expect(ranges == [0..<6, 14..<15, 1000..<1001, 1_048_570..<1_048_581, 2_500_000..<2_500_001])
    #expect(ranges == (try StreamDifference(Sample(one), Sample(other + [1, 2])).ranges))
    #expect(try list.last(at: 999)?.index == 1)
  }
}
