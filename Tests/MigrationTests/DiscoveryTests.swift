import TestSupport
import Testing
import VFIO

@testable import Migration

@Suite struct DiscoveryTests {
  @Test func theMigrationRegionMakesItV1() throws {
    let support = try MigrationSupport.find(on: FakeDevice.v1())
    #expect(support.interface?.protocol == .v1)
  }

  @Test func theRegionIsFoundByItsCapabilityAndNotByItsNumber() throws {
    let plain = RegionReply.plain(size: 4096)
    let device = FakeDevice.withRegions(Array(repeating: plain, count: 11) + [RegionReply.migration(size: 8192)])
    guard case .v1(let interface) = try MigrationSupport.find(on: device) else {
      Issue.record("not v1")
      return
    }
    #expect(interface.region.index == 0 || interface.region.size == 8192)
  }

  @Test(arguments: [(1, []), (3, ["p2p"]), (5, ["pre-copy"]), (7, ["p2p", "pre-copy"])] as [(UInt64, [String])])
  func featureMigrationMakesItV2(flags: UInt64, optional: [String]) throws {
    let interface = try MigrationSupport.find(on: FakeDevice.v2(flags: flags)).interface
    #expect(interface?.protocol == .v2)
    #expect(interface?.flags == ["stop-copy"] + optional)
  }

  @Test func neitherMeansThatItDoesNotMigrate() throws {
    guard case .none(let errno) = try MigrationSupport.find(on: FakeDevice.withRegions([])) else {
      Issue.record("found a migration interface")
      return
    }
    #expect(errno == .ENOTTY)
  }

  @Test func v2IsAskedForLast() throws {
    let device = FakeDevice.v1()
    _ = try MigrationSupport.find(on: device)
    #expect(!device.takeAsked().contains { if case .feature = $0 { true } else { false } })
  }

  @Test(arguments: [0, 32] as [UInt64]) func aRegionWithoutRoomForDataIsRefused(size: UInt64) {
    let device = FakeDevice.withRegions([RegionReply.migration(size: size)])
    #expect(throws: DeviceError.self) { try MigrationSupport.find(on: device) }
  }

  @Test func aDeadDeviceIsAnErrorAndNotADeviceWithoutMigration() {
    let device = FakeDevice.v2()
    device.die()
    let error = #expect(throws: DeviceError.self) { try MigrationSupport.find(on: device) }
    #expect(error?.errno == .ENODEV)
  }
}
