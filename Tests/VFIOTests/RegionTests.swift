import TestSupport
import Testing
import VFIO

@Suite struct RegionTests {
  @Test func aRegionWithoutCapabilitiesIsAskedForOnce() throws {
    let device = FakeDevice.withRegions([RegionReply.plain(size: 4096)])
    let region = try device.region(0)
    #expect(region.size == 4096)
    #expect(region.offset == 1 << 40)
    #expect(region.capabilities.isEmpty)
    #expect(device.takeAsked() == [.regionInfo(index: 0, argsz: 32)])
  }

  @Test func capabilitiesThatDidNotFitAreAskedForAgain() throws {
    let reply = RegionReply.region(
      size: 65536,
      capabilities: [RegionReply.type(3, 1), RegionReply.sparse(count: 2, [(4096, 8192), (16384, 4096)])])
    let device = FakeDevice.withRegions([reply])
    let region = try device.region(0)
    #expect(
      region.capabilities == [
        .type(3, subtype: 1), .sparseMap([.init(offset: 4096, size: 8192), .init(offset: 16384, size: 4096)]),
      ])
    #expect(
      device.takeAsked() == [.regionInfo(index: 0, argsz: 32), .regionInfo(index: 0, argsz: reply.count)])
  }

  @Test func anUnknownCapabilityIsKeptByItsNumber() throws {
    let device = FakeDevice.withRegions([
      RegionReply.region(size: 8, capabilities: [RegionReply.header(id: 77, next: 0), RegionReply.type(1, 2)])
    ])
    #expect(try device.region(0).capabilities == [.other(id: 77, version: 1), .type(1, subtype: 2)])
  }

  @Test func aChainThatPointsOutsideIsRefused() {
    var reply = RegionReply.region(size: 8, capabilities: [RegionReply.type(3, 1)])
    reply.put(number: UInt32(4000), at: 36)
    expectMalformed(reply, "the capability chain points at 4000, outside the answer of 48 bytes")
  }

  @Test func aChainThatPointsIntoTheDescriptionIsRefused() {
    var reply = RegionReply.region(size: 8, capabilities: [RegionReply.type(3, 1)])
    reply.put(number: UInt32(8), at: 36)
    expectMalformed(reply, "the capability chain points at 8, outside the answer of 48 bytes")
  }

  @Test func aChainThatComesBackIsRefused() {
    var reply = RegionReply.region(
      size: 8, capabilities: [RegionReply.header(id: 9, next: 0), RegionReply.header(id: 9, next: 0)])
    reply.put(number: UInt32(32), at: 44)
    expectMalformed(reply, "the capability chain comes back to 32")
  }

  @Test func moreAreasThanFitAreRefused() {
    let reply = RegionReply.region(size: 8, capabilities: [RegionReply.sparse(count: 0xffff_ffff, [(0, 1)])])
    expectMalformed(reply, "a capability names 4294967295 areas in 32 bytes")
  }

  @Test func anAnswerOfAbsurdLengthIsNotAskedFor() {
    var reply = RegionReply.plain(size: 8)
    reply.put(number: UInt32(0x7fff_ffff), at: 0)
    expectMalformed(reply, "the answer would be 2147483647 bytes long")
  }

  @Test func regionsTheDeviceRefusesToDescribeAreLeftOut() throws {
    let device = FakeDevice.withRegions([RegionReply.plain(size: 1), RegionReply.plain(size: 2)])
    #expect(try device.regions().map(\.size) == [1, 2])
  }

  private func expectMalformed(_ reply: [UInt8], _ why: String) {
    let device = FakeDevice.withRegions([reply])
    let error = #expect(throws: DeviceError.self) { try device.region(0) }
    #expect(error?.reason == .malformed(why))
  }
}
