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
}
