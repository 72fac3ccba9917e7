import Testing
import VFIO

/// Which parts of a region may be mapped: VFIO_REGION_INFO_FLAG_MMAP and CAP_SPARSE_MMAP of linux/vfio.h.
@Suite struct RegionMapTests {
  private static let sparse = region([
    .type(3, subtype: 1), .sparseMap([.init(offset: 0x1000, size: 0x2000), .init(offset: 0x4000, size: 0x1000)]),
  ])

  private static func region(
    _ capabilities: [RegionCapability] = [], flags: Region.Flags = [.read, .write, .map], size: UInt64 = 0x6000,
    offset: UInt64 = 9 << 40
  ) -> Region {
    Region(index: 9, flags: flags, size: size, offset: offset, capabilities: capabilities)
  }

  private func reason(_ region: Region, _ offset: UInt64, _ count: Int) -> DeviceError.Reason? {
    do throws(DeviceError) {
      try region.checkMap(offset: offset, count: count)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func aRegionWithoutTheFlagIsNotMapped() {
    let region = Self.region(flags: [.read, .write])
    #expect(region.mappableAreas.isEmpty)
    #expect(reason(region, 0, 8) == .refused(.ENOTSUP))
  }

  @Test func withoutAreasAllOfTheRegionMayBeMapped() {
    let region = Self.region()
    #expect(region.mappableAreas == [.init(offset: 0, size: 0x6000)])
    #expect(reason(region, 0, 0x6000) == nil)
    #expect(reason(region, 0x5fff, 1) == nil)
  }

  @Test func aCapabilityThatNamesNoAreaLetsNothingBeMapped() {
    #expect(Self.region([.sparseMap([])]).mappableAreas.isEmpty)
    #expect(reason(Self.region([.sparseMap([])]), 0, 1) != nil)
  }

  @Test(arguments: [(0x1000, 0x2000), (0x1000, 1), (0x2fff, 1), (0x1234, 77), (0x4000, 0x1000)] as [(UInt64, Int)])
  func aPartInsideOneAreaMayBeMapped(offset: UInt64, count: Int) {
    #expect(reason(Self.sparse, offset, count) == nil)
  }

  @Test(
    arguments: [
      (0, 1), (0xfff, 2), (0xfff, 1), (0x1000, 0x2001), (0x2fff, 2), (0x3000, 1), (0x1000, 0x4000), (0x5000, 1),
      (0x6000, 1), (UInt64.max, 1), (UInt64.max, Int.max), (0x1000, Int.max),
    ] as [(UInt64, Int)])
  func aPartThatIsNotInsideOneAreaIsRefused(offset: UInt64, count: Int) {
    #expect(
      reason(Self.sparse, offset, count) == .malformed("this is not inside one of the parts that may be mapped"))
  }

  @Test(arguments: [0, -1, Int.min])
  func aWindowHasAtLeastOneByte(count: Int) {
    #expect(reason(Self.sparse, 0x1000, count) == .malformed("a window has at least one byte"))
  }

  @Test func anAreaThatReachesBeyondTheRegionDoesNotLetThatBeMapped() {
    let region = Self.region([.sparseMap([.init(offset: 0x5000, size: .max)])])
    #expect(reason(region, 0x5000, 0x1000) == nil)
    #expect(reason(region, 0x5000, 0x1001) != nil)
  }

  @Test(arguments: [UInt64.max, UInt64(Int64.max)])
  func aPlaceNoDescriptorHasIsRefused(offset: UInt64) {
    #expect(
      reason(Self.region(offset: offset), 0, 8)
        == .malformed("the region's place on the descriptor is out of range"))
  }

  @Test func theMessageSaysWhatWasToBeMapped() {
    let error = #expect(throws: DeviceError.self) { try Self.sparse.checkMap(offset: 0x10, count: 4) }
    #expect(
      error?.description == "map region 9 +0x10 4 bytes: this is not inside one of the parts that may be mapped")
  }
}
