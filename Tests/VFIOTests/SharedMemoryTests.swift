import TestSupport
import Testing
import VFIO

@Suite struct SharedMemoryTests {
  private let region = Region(index: 9, flags: [.read, .write, .map], size: 0x4000, offset: 0)

  @Test func ownerAndMapperSeeTheSameBytes() throws {
    let memory = try #require(SharedMemory(count: 0x1000))
    #expect(memory.withBytes { $0.withUnsafeBytes { $0.allSatisfy { $0 == 0 } } })
    let window = try memory.map(region, offset: 0x2010, count: 16, liesAt: 0x2000)
    memory.withMutableBytes { $0.storeBytes(of: 0xAB, toByteOffset: 0x1F, as: UInt8.self) }
    #expect(try window.bytes(from: 15, count: 1) == [0xAB])
    try window.put([0xCD], at: 0)
    #expect(memory.withBytes { $0.unsafeLoad(fromByteOffset: 0x10, as: UInt8.self) } == 0xCD)
  }

  @Test(arguments: [(0x1FFF, 1), (0x1FFF, 2), (0x2000, 0x1001), (0x3000, 1), (0x2FFF, 2)] as [(UInt64, Int)])
  func whatHasNoMemoryBehindItIsNotMapped(offset: UInt64, count: Int) throws {
    let memory = try #require(SharedMemory(count: 0x1000))
    let error = #expect(throws: DeviceError.self) {
      try memory.map(region, offset: offset, count: count, liesAt: 0x2000)
    }
    #expect(error?.reason == .malformed("there is no memory behind this"))
  }

  @Test func aWindowOutlivesTheMemorysOwner() throws {
    var memory = SharedMemory(count: 0x1000)
    let window = try #require(try memory?.map(region, offset: 0, count: 8, liesAt: 0))
    memory = nil
    try window.put([1, 2, 3], at: 5)
    #expect(try window.bytes(from: 4, count: 4) == [0, 1, 2, 3])
  }

  @Test(arguments: [0, -1, 1 << 62])
  func memoryThatCanNotBeHadIsNil(count: Int) {
    #expect(SharedMemory(count: count) == nil)
  }

  @Test func whatGoesThroughTheFileIsTheSameMemory() throws {
    let memory = try #require(SharedMemory(count: 0x3000, at: 0x1000))
    #expect(memory.stores([1, 2, 3], at: 0x2FFD))
    #expect(!memory.stores([1, 2, 3], at: 0x2FFE))
    #expect(!memory.stores([1], at: -1))
    #expect(memory.withBytes { $0.unsafeLoad(fromByteOffset: 0x2FFF, as: UInt8.self) } == 3)
    memory.withMutableBytes { $0.storeBytes(of: 9, toByteOffset: 0x2FFC, as: UInt8.self) }
    #expect(memory.fetched(0x2FFB..<0x3000) == [0, 9, 1, 2, 3])
    #expect(memory.fetched(0x2FFF..<0x3001) == nil)
    #expect(memory.fetched(-1..<1) == nil)
    memory.clear()
    #expect(memory.withBytes { $0.withUnsafeBytes { $0.allSatisfy { $0 == 0 } } })
    #expect(memory.fetched(0x2FFB..<0x3000) == [0, 0, 0, 0, 0])
  }

  @Test func pagesThatWereLetGoOfAreNotThisProcesss() throws {
    // A size that no other memory of this process has.
    let size = 4132 << 10
    let memory = try #require(SharedMemory(count: size))
    memory.withMutableBytes { bytes in
      for place in stride(from: 0, to: size, by: 512) { bytes.storeBytes(of: 5, toByteOffset: place, as: UInt8.self) }
    }
    #expect(residentMemory(of: size) == [size])
    memory.letGo(of: 0..<1 << 20)
    #expect(residentMemory(of: size) == [size - 1 << 20])
    memory.letGo(of: -1..<size + 1)
    #expect(residentMemory(of: size) == [0])
    #expect(memory.fetched(size - 513..<size - 510) == [0, 5, 0])
    #expect(residentMemory(of: size) == [0])
    #expect(memory.withBytes { $0.unsafeLoad(fromByteOffset: 512, as: UInt8.self) } == 5)
  }
}

extension SharedMemory {
  /// Whether these bytes could be put there by way of the file.
  fileprivate func stores(_ bytes: [UInt8], at offset: Int) -> Bool { store(bytes.span.bytes, at: offset) }

  /// These bytes by way of the file.
  fileprivate func fetched(_ place: Range<Int>) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0xEE, count: place.count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    return fetch(place, into: &raw) ? bytes : nil
  }
}
