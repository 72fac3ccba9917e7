import Glibc
import Testing
import VFIO

@testable import Simulator

@Suite("A device profile")
struct ProfileTests {
  @Test("is compiled in with the others of its folder")
  func allFiles() throws {
    let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let directory = try #require(opendir("/\(folder)/Resources/Devices"))
    defer { closedir(directory) }
    var names: Set<String> = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".toml") { names.insert(String(name.dropLast(5))) }
    }
    #expect(!names.isEmpty)
    #expect(Set(ProfileCatalog.files.map(\.name)) == names)
  }

  @Test("has a default for every option of its protocol", arguments: try SimulatedDevice.profiles())
  func defaults(profile: ProfileSummary) {
    let others: Set<String> = profile.migrationProtocol == .v1 ? ["flags", "stall", "reinit"] : ["window", "map"]
    #expect(Set(profile.options.map(\.name)) == Set(OptionTable.entries.keys).subtracting(others))
    #expect(profile.options.allSatisfy { !$0.expected.isEmpty })
  }

  @Test("with a mistake in it is refused with the reason")
  func broken() throws {
    let good = try #require(ProfileCatalog.files.first { $0.name == "v1-reference" }).text
    for (mistake, reason) in [
      (good + "\n[", "Error while parsing"),
      (good.replacing("protocol = \"v1\"", with: "protocol = \"v9\""), "v9"),
      (good.replacing("reset-announced", with: "reset-whispered"), "reset"),
      (good + "\nsleep = [\"stop\"]", "there is no sleep"),
    ] {
      let error = #expect(throws: AddressError.self) { try Profile(name: "broken", text: mistake) }
      #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }
  }

  @Test("may be without some steps of its table, and stays where the way ends")
  func without() throws {
    let text = "like = \"v2-reference\"\n[without]\nrunning-p2p = [\"pre-copy-p2p\"]"
    let profile = try Profile(name: "mine", text: text)
    let (quiet, quietSaving) = (V2State.runningP2P.rawValue, V2State.preCopyP2P.rawValue)
    let all: V2Flags = [.stopCopy, .p2p, .preCopy]
    let reference = try ProfileCatalog.profile(named: "v2-reference").transitions
    #expect(try reference.step(from: quiet, to: quietSaving, with: all) == quietSaving)
    #expect(throws: Refusal(.EINVAL)) { try profile.transitions.step(from: quiet, to: quietSaving, with: all) }
    #expect(try profile.transitions.step(from: quiet, to: V2State.stop.rawValue, with: all) == V2State.stop.rawValue)
    let error = #expect(throws: AddressError.self) {
      try Profile(name: "broken", text: text.replacing("pre-copy-p2p", with: "halt"))
    }
    #expect(error?.description.contains("there is no halt") == true)
  }

  @Test("describes the device's regions, the same for both protocols but for the migration region")
  func regions() throws {
    let v1 = try SimulatedDevice.open("v1-reference,size=1M")
    let v2 = try SimulatedDevice.open("v2-reference,size=1M")
    #expect(try v1.info() == DeviceInfo(flags: 3, regionCount: 10, interruptCount: 5))
    #expect(try v2.info() == DeviceInfo(flags: 3, regionCount: 9, interruptCount: 5))
    #expect(try v2.regions().map(\.index) == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(try v1.regions().map(\.size) == [1 << 20, 0, 0, 0, 0, 0, 0, 256, (1 << 20) + 4096])
    #expect(try v2.region(7) == Region(index: 7, flags: [.read, .write], size: 256, offset: 7 << 40))
  }

  @Test("gives the configuration space its numbers, which stay whatever is written")
  func config() throws {
    let device = try SimulatedDevice.open("v1-reference,state=stop,size=12M")
    let config = try device.region(7)
    let before = try device.bytes(in: config, at: 0, count: 256)
    #expect(before.number(UInt16.self, at: 0) == 0x5649)
    #expect(before.number(UInt16.self, at: 2) == 1)
    #expect(before.number(UInt32.self, at: 8) == 0x0880_0001)
    #expect(before[0x0E] == 0)
    #expect(before[0x3D] == 1)
    let ones = [UInt8](repeating: 0xFF, count: 256)
    #expect(try device.write(config, at: 0, from: ones.span.bytes) == 256)
    let after = try device.bytes(in: config, at: 0, count: 256)
    #expect(before.indices.filter { before[$0] != after[$0] } == [0x04, 0x05] + Array(0x13...0x17) + [0x3C])
    // BAR0 tells its size, a power of two.
    #expect(after.number(UInt64.self, at: 0x10) == 0xFFFF_FFFF_FF00_000C)
  }

  @Test("has every kind of interrupt that a PCI device has, and no more")
  func interrupts() throws {
    let device = try SimulatedDevice.open("v2-reference")
    let kinds = try (0..<5).map { try device.interruptInfo($0) }
    #expect(kinds.map(\.count) == [1, 0, 0, 1, 1])
    #expect(kinds.allSatisfy { $0.flags == InterruptInfo.flagEventFD })
    #expect(refusal { _ = try device.interruptInfo(5) } == .EINVAL)
  }

  @Test("ends its regions where it says")
  func ends() throws {
    let device = try SimulatedDevice.open("v2-reference,size=4K")
    #expect(try device.bytes(in: device.region(0), at: 4000, count: 500).count == 96)
    for index in [UInt32(0), 7] {
      let region = try device.region(index)
      #expect(refusal { _ = try device.bytes(in: region, at: region.size, count: 4) } == .EINVAL)
      #expect(refusal { _ = try device.bytes(in: region, at: .max, count: 4) } == .EINVAL)
    }
    let empty = try device.region(1)
    #expect(refusal { _ = try device.bytes(in: empty, at: 0, count: 4) } == .EINVAL)
    #expect(refusal { _ = try device.write(empty, at: 0, from: [UInt8(0)].span.bytes) } == .EINVAL)
  }
}
