import Glibc
import Simulator
import Testing
import VFIO

@testable import Rulebook

@Suite("An observed device")
struct ObservedTests {
  @Test(
    "does what was seen of it, where the sources are at odds",
    arguments: ObservedCell.v1 + ObservedCell.v2 + ObservedCell.qemu)
  func does(cell: ObservedCell) throws {
    let checked = try CheckedDevice(
      Self.address(cell.profile), rules: [cell.rule], after: cell.before.map { [$0] } ?? [])
    let finding = try #require(checked.finding(cell.rule))
    #expect(finding.verdict == cell.verdict, "\(finding.words)")
    for words in cell.words { #expect(finding.words.contains(words), "\(words) is not in: \(finding.words)") }
  }

  @Test("breaks these rules and no others, and runs in the end", arguments: try profiles())
  func breaks(profile: ProfileSummary) throws {
    // libvfio-user of v1 can't be brought back when the error state was asked for.
    let checked = try CheckedDevice(
      Self.address(profile.name), permission: profile.name == "libvfio-user-v1" ? .lose : .crash)
    #expect(checked.ending == .complete)
    let broken = checked.findings.filter { [.fail, .warn].contains($0.verdict) }
    #expect(broken.map(\.rule.id) == profile.breaks, "\(broken.map(\.words))")
  }

  /// What the kernel answers, and not mtty.
  private static let ofKernel = ["V2-PRE-09", "V2-PRE-10", "V2-DBG-01"]

  @Test("that is mtty keeps and breaks what the real one was found to in the lab")
  func asInLab() throws {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let file = try #require(fopen("/\(folder)/Lab/checks/rules-mtty.txt", "re"))
    defer { fclose(file) }
    var found: [String] = []
    var line = [CChar](repeating: 0, count: 128)
    while fgets(&line, 128, file) != nil {
      found.append(String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
    #expect(found.count > 80)
    let checked = try CheckedDevice(Self.address("mtty")).findings
    let own = checked.map { "\($0.verdict.rawValue) \($0.rule.id)" }
    let isOfKernel: (String) -> Bool = { line in Self.ofKernel.contains { line.hasSuffix(" \($0)") } }
    #expect(own.filter { !isOfKernel($0) } == found.filter { !isOfKernel($0) })
  }

  @Test("that is lost in a check has been asked what would not have lost it")
  func lostLast() throws {
    let checked = try CheckedDevice("libvfio-user-v1,size=64K")
    #expect(checked.order.map(\.harm) == checked.order.map(\.harm).sorted())
    guard case .lost = checked.ending else {
      Issue.record("it was not lost")
      return
    }
    let unasked = checked.findings.filter { $0.words.hasPrefix("Not run: ") }
    #expect(unasked.allSatisfy { $0.rule.harm == .crash } && unasked.count < 4, "\(unasked.map(\.rule.id))")
    #expect(checked.findings.map(\.rule) == (try Rulebook.shipped.get().rules(matching: ["V1"])))
  }

  @Test("of libvfio-user v1, once its error state was asked for, is lost")
  func lost() throws {
    let checked = try CheckedDevice("libvfio-user-v1,size=64K", rules: ["V1-STATE-05", "V1-STATE-06"])
    #expect(
      checked.ending == .lost("the device is in error, and a reset does not bring it back: EINVAL (Invalid argument)"))
  }

  /// Those of a server that breaks rules of its own, and those that QEMU gets on with.
  private static let served = ["libvfio-user-v1", "spdk-v1", "libvfio-user", "qemu-v1", "qemu"]

  @Test(
    "breaks these rules and no others behind a socket", arguments: try profiles().filter { served.contains($0.name) })
  func breaksServed(profile: ProfileSummary) throws {
    let checked = try ServedDevice(
      Self.address(profile.name), permission: profile.name == "libvfio-user-v1" ? .lose : .crash)
    #expect(checked.ending == .complete)
    let broken = checked.findings.filter { [.fail, .warn].contains($0.verdict) }
    #expect(broken.map(\.rule.id) == profile.breaksServed, "\(broken.map(\.words))")
  }

  @Test("of libvfio-user behind a socket can't be reset while it is stopped, and keeps its state otherwise")
  func servedReset() throws {
    let checked = try ServedDevice("libvfio-user,size=64K", rules: ["VU-MIG-06", "VU-MIG-07"])
    let words = try ["VU-MIG-06", "VU-MIG-07"].map { try #require(checked.finding($0)).words }
    #expect(
      words[0]
        == "DEVICE_RESET in STOP: EINVAL (Invalid argument), then STOP; in STOP_COPY: EINVAL (Invalid argument), then STOP_COPY."
    )
    #expect(words[1] == "DEVICE_RESET in RESUMING: done, then RESUMING.")
  }

  @Test("of libvfio-user goes on with its data session after a reset in PRE_COPY")
  func servedSession() throws {
    try ServedDevice.lend("libvfio-user,size=16M") { device, _, _ in
      var data = [UInt8](number: V2State.preCopy.rawValue) + [UInt8](number: Int32(-1))
      try device.set(.migDeviceState, data: &data)
      let stream = device.stream(taking: try #require(data.number(at: 4)))
      #expect(stream.readOnce(64).value?.count == 64)
      try device.reset()
      // More than a client reads ahead.
      #expect(try stream.drain().count > 8 << 20)
      stream.close()
    }
  }

  /// All but the reference devices, with the rules that their files say they break.
  private static func profiles() throws -> [ProfileSummary] {
    try SimulatedDevice.profiles().filter { !$0.name.hasSuffix("-reference") }
  }

  private static func address(_ profile: String) -> String { profile == "spdk-v1" ? profile : "\(profile),size=64K" }
}
