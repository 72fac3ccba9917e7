import Migration
import Simulator
import Synchronization
import Testing
import VFIO

@testable import Rulebook

/// The rules of protocol v1 about data, standing still, and dirty pages.
@Suite("The rules of v1 about data")
struct V1DataRules {
  /// Rules that bind devices and kernels, are checked, and that no device in memory can break.
  static let withoutDefect: [String: String] = [
    "V1-SAVE-09": "It is allowed: there is nothing to break.",
    "V1-SAVE-12": "The sources say nothing: there is nothing to break.",
    "V1-SAVE-13": "The sources leave it open: there is nothing to break.",
    "V1-RES-06": "The sources say nothing: there is nothing to break.",
    "V1-RES-07": "It is allowed: there is nothing to break.",
    "V1-QUI-02": "A machine that comes to harm can't be simulated.",
    "V1-NDMA-03": "The reference device does not offer NDMA, which was never merged; a test of its own does.",
    "V1-NDMA-04": "It is allowed: there is nothing to break.",
  ]

  private static let topics = ["SAVE", "RES", "QUI", "NDMA", "DIRTY"]

  private static func rules() throws -> [Rule] {
    try Rulebook.shipped.get().rules.filter { $0.protocol == .v1 && topics.contains($0.topic) }
  }

  @Test("are each checked, or say why not")
  func checked() throws {
    let rules = try Self.rules()
    #expect(rules.count == 14 + 8 + 3 + 4 + 12)
    for rule in rules { #expect((Checks.all[rule.id] != nil) != (rule.untestable != nil), "\(rule.id)") }
  }

  @Test("have a defect each, or a reason why there is none")
  func defects() throws {
    for rule in try Self.rules() where Checks.all[rule.id] != nil && !rule.bindsUser {
      let hasDefect = Defect.all.contains { $0.rule == rule.id }
      #expect(hasDefect != (Self.withoutDefect[rule.id] != nil), "\(rule.id)")
    }
    for (rule, why) in Self.withoutDefect.sorted(by: { $0.key < $1.key }) { print("\(rule) has no defect: \(why)") }
  }

  @Test(
    "are kept by a reference device, however it gives its data",
    arguments: [
      "chunk=16K", "chunk=12K,map=no", "chunk=16K,map=only", "chunk=16K,bad-data=stay", "chunk=16K,no-data=refuse",
      "size=4M", "dirty=4M", "logging=all", "logging=no", "dma=0", "size=8K,chunk=4K,window=4K",
    ])
  func ways(options: String) throws {
    let size = options.contains("size=") ? "" : "size=64K,"
    let checked = try CheckedDevice("v1-reference,\(size)\(options)", rules: Self.topics.map { "V1-\($0)" })
    #expect(checked.ending == .complete)
    for finding in checked.findings {
      #expect([.pass, .info, .skip].contains(finding.verdict), "\(finding.rule.id): \(finding.words)")
    }
  }

  @Test("don't make a device that changes by itself one that breaks them, by chance", arguments: [8, 16, 32, 64])
  func chance(dirty: Int) throws {
    for _ in 0..<60 {
      let checked = try CheckedDevice("v1-reference,size=64K,dirty=\(dirty)M", rules: ["V1-RES-02"])
      for finding in checked.findings { #expect(finding.verdict == .pass, "\(finding.words)") }
    }
  }

  /// What is skipped on a device that can do everything is never checked at all.
  @Test("can all be tried on the reference device, but for NDMA and the container's opening")
  func tried() throws {
    let checked = try CheckedDevice("v1-reference,size=64K,chunk=16K", rules: Self.topics.map { "V1-\($0)" })
    let skipped = checked.findings.filter { $0.verdict == .skip }.map(\.rule.id)
    #expect(skipped == ["V1-NDMA-03", "V1-NDMA-04", "V1-DIRTY-02"])
  }

  @Test("are found broken with chunks of any size", arguments: Defect.all.filter { isOurs($0.rule) }.map(\.rule))
  func smallChunks(rule: String) throws {
    let checked = try CheckedDevice("v1-reference,size=64K,chunk=16K,defect=\(rule)", rules: [rule])
    let finding = try #require(checked.finding(rule))
    #expect([.fail, .warn].contains(finding.verdict), "\(finding.words)")
  }

  private static func isOurs(_ rule: String) -> Bool { topics.contains { rule.hasPrefix("V1-\($0)-") } }
}

/// NDMA, which no reference device offers: one that does, made of the reference device.
@Suite("A device that offers NDMA")
struct NDMATests {
  @Test("keeps the rules of it")
  func keeps() throws {
    let verdicts = try Self.check { _ in }.verdicts
    #expect(verdicts["V1-NDMA-01"] == .pass)
    #expect(verdicts["V1-NDMA-02"] == .skip)
    #expect(verdicts["V1-NDMA-03"] == .pass)
    #expect(verdicts["V1-NDMA-04"] == .info)
  }

  @Test("and refuses the state, is advised against")
  func refuses() throws {
    let checked = try Self.check { interference in
      let write = interference.write
      interference.write = { call, forward in
        call.state == 9 ? .failure(call.refused(.EINVAL)) : write?(call, forward) ?? forward(call)
      }
    }
    #expect(checked.verdicts["V1-NDMA-03"] == .warn)
  }

  /// The reference device goes on with its DMA as long as it is in RUNNING, whatever bit 3 says.
  @Test("and goes on with its DMA, is advised against")
  func writes() throws {
    let checked = try Self.check(options: "dma=64M") { _ in }
    #expect(checked.verdicts["V1-NDMA-03"] == .warn)
  }

  /// The reference device with capability 6, and bit 3 in its device_state.
  private static func check(
    options: String = "dma=0", _ change: (inout Interference) -> Void
  ) throws -> CheckedDevice {
    let present = Shown()
    var interference = Interference()
    interference.regionInfo = { call, forward in forward(call).map { announcing($0, argsz: call.argsz) } }
    interference.write = { call, forward in
      guard call.state != nil, let low = call.bytes.first else { return forward(call) }
      var known = call
      known.bytes[0] = low & 7
      present.bits = low & 8
      return forward(known)
    }
    interference.read = { call, forward in
      guard call.register == MigrationRegion.Register.deviceState else { return forward(call) }
      return forward(call).map { [$0[0] | present.bits] + $0.dropFirst() }
    }
    change(&interference)
    let device = InterferedDevice(
      try SimulatedDevice.open("v1-reference,size=64K,map=no,\(options)"), interference)
    return try CheckedDevice(device, rules: ["V1-NDMA"], permission: .perturb)
  }

  /// Adds capability 6 to the end of the chain of a region that has one.
  private static func announcing(_ reply: [UInt8], argsz: Int) -> [UInt8] {
    guard let flags: UInt32 = reply.number(at: 4), flags & 8 != 0, let needed: UInt32 = reply.number(at: 0) else {
      return reply
    }
    var reply = reply
    guard let first: UInt32 = reply.number(at: 12), first != 0, argsz >= 56 else {
      reply.put(number: max(needed, 56), at: 0)
      return reply
    }
    // The type alone is in the chain: 16 bytes behind the fixed 32.
    reply.put(number: UInt32(48), at: Int(first) + 4)
    reply.put(number: UInt16(6), at: 48)
    reply.put(number: UInt16(1), at: 50)
    reply.put(number: UInt32(0), at: 52)
    return reply
  }
}

/// Which of the bits from bit 3 on are shown.
private final class Shown: Sendable {
  private let contents = Mutex<UInt8>(0)
  var bits: UInt8 {
    get { contents.withLock { $0 } }
    set { contents.withLock { $0 = newValue } }
  }
}
