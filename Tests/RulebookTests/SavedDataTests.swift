import Migration
import Testing

@testable import Rulebook

/// What a device gave, and what it is loaded with.
@Suite("Saved data") struct SavedDataTests {
  private let data = SavedData()

  init() throws {
    try data.add([1, 2, 3])
    try data.add([4, 5, 6])
  }

  @Test("are loaded whole, in part, and in chunks")
  func parts() throws {
    #expect(data.count == 6)
    #expect(try data.whole.bytes() == [1, 2, 3, 4, 5, 6])
    #expect(try data.part(2..<4).bytes() == [3, 4])
    #expect(try data.whole.prefix(2).bytes() == [1, 2])
    #expect(data.whole.prefix(99).count == 6)
    #expect(try data.whole.dropFirst(4).bytes() == [5, 6])
    #expect(data.whole.dropFirst(99).count == 0)
    #expect(try data.whole.chunks(of: 4).map { try $0.bytes() } == [[1, 2, 3, 4], [5, 6]])
    #expect(SavedData().whole.count == 0)
  }

  @Test("are put together anew, with other bytes between them")
  func together() throws {
    let mixed = data.part(4..<6) + LoadData(repeating: 9, count: 3) + data.part(0..<2)
    #expect(mixed.count == 7)
    #expect(try mixed.bytes() == [5, 6, 9, 9, 9, 1, 2])
    #expect(try mixed.extracting(1..<6).bytes() == [6, 9, 9, 9, 1])
    #expect(try mixed.dropFirst(4).prefix(2).bytes() == [9, 1])
    #expect(try data.whole.flipped(at: 0).bytes() == [254, 2, 3, 4, 5, 6])
    #expect(try data.whole.flipped(at: 5).bytes() == [1, 2, 3, 4, 5, 249])
    #expect(try LoadData().bytes() == [])
    #expect(try (data.part(0..<2) + data.part(2..<4) + data.part(3..<6)).bytes() == [1, 2, 3, 4, 4, 5, 6])
  }

  @Test("are given to a load chunk by chunk, and it is told when that was the last")
  func chunks() throws {
    let source = LoadChunks(data.whole.chunks(of: 3))
    var buffer: [UInt8] = []
    #expect(try source.nextPart(into: &buffer) == PlacedPart(place: 0..<3))
    #expect(buffer == [1, 2, 3])
    #expect(!source.end.hasCome)
    #expect(try source.nextPart(into: &buffer) == PlacedPart(place: 0..<3))
    #expect(source.end.hasCome)
    #expect(try source.nextPart(into: &buffer) == nil)
  }
}
