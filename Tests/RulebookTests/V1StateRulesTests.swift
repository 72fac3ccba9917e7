import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

@Suite("How protocol v1 is found and accessed, its states, errors and resets")
struct V1StateRulesTests {
  /// Rules that bind a device, are checked, and have no defect: why.
  static let withoutDefect: [String: String] = [
    "V1-DISC-01": "A device without the region does not speak the protocol: no check runs.",
    "V1-DISC-04": "A region without room for data is refused before any check runs.",
    "V1-ACC-01": "A device whose state can't be read ends the run.",
  ]

  private static let topics: Set<String> = ["DISC", "ACC", "STATE", "ERR", "RST"]

  private static func rules() throws -> [Rule] {
    try Rulebook.shipped.get().rules.filter { $0.protocol == .v1 && topics.contains($0.topic) }
  }

  @Test("have a check for each rule, or a reason why there is none")
  func checks() throws {
    let rules = try Self.rules()
    #expect(rules.count == 57)
    for rule in rules {
      #expect((Checks.all[rule.id] == nil) == (rule.untestable != nil), "\(rule.id)")
      #expect(rule.check.last == ".", "\(rule.id)")
    }
  }

  @Test("have a defect for each rule that a device can break, or a reason why there is none")
  func defects() throws {
    let defects = Set(Defect.all.map(\.rule))
    for (rule, why) in Self.withoutDefect.sorted(by: { $0.key < $1.key }) { print("\(rule) has no defect: \(why)") }
    for rule in try Self.rules() where !rule.bindsUser && rule.untestable == nil {
      // What is left open, or is only allowed, is recorded: nothing breaks it.
      let canBeBroken = rule.level == .must || rule.level == .should
      let isCovered = defects.contains(rule.id) || Self.withoutDefect[rule.id] != nil
      #expect(isCovered || !canBeBroken, "\(rule.id)")
      #expect(!(defects.contains(rule.id) && Self.withoutDefect[rule.id] != nil), "\(rule.id)")
    }
  }

  @Test(
    "are left open where the sources are: what a device does is recorded",
    arguments: [
      ("V1-STATE-13", "fail=running:EIO", "EIO"), ("V1-STATE-14", "fail=running:EIO", "EIO"),
      ("V1-STATE-15", "fail=running:EIO", "EIO"), ("V1-STATE-17", "fail=stop-copy:EBUSY", "EBUSY"),
      ("V1-STATE-16", "no-data=refuse", "EINVAL"), ("V1-STATE-13", "dirty=0", "done"),
      ("V1-STATE-22", "no-data=refuse", "Not made: resuming to running"),
      ("V1-DISC-07", "dirty=0", "1 region of this type: number 9."),
    ])
  func recorded(rule: String, option: String, words: String) throws {
    let finding = try #require(try CheckedDevice("v1-reference,size=64K,\(option)", rules: [rule]).finding(rule))
    #expect(finding.verdict == .info)
    #expect(finding.words.contains(words), "\(finding.words)")
  }

  @Test(
    "are judged by what a device does",
    arguments: [
      ("V1-STATE-06", "fail=stop:EIO", Verdict.fail), ("V1-STATE-23", "no-data=refuse", .warn),
      ("V1-ACC-11", "map=only", .fail), ("V1-ACC-10", "map=no", .skip), ("V1-ACC-10", "map=yes", .pass),
      ("V1-ERR-06", "bad-data=stay", .skip), ("V1-ERR-05", "bad-data=stay", .skip),
      ("V1-ERR-08", "bad-data=stay", .pass),
      ("V1-STATE-01", "state=stop", .fail), ("V1-STATE-12", "fail=running:EIO:error", .skip),
    ])
  func judged(rule: String, option: String, verdict: Verdict) throws {
    let finding = try #require(try CheckedDevice("v1-reference,size=64K,\(option)", rules: [rule]).finding(rule))
    #expect(finding.verdict == verdict, "\(finding.words)")
  }

  @Test("don't read what acknowledges a chunk while only looking is allowed")
  func looking() throws {
    let checked = try CheckedDevice(
      "v1-reference,size=64K,state=pre-copy", rules: ["V1-DISC", "V1-ACC", "V1-STATE", "V1-ERR"], permission: .none)
    #expect(checked.ending == .complete)
    #expect(checked.verdicts["V1-ACC-06"] == .skip)
    let evidence = checked.findings.flatMap(\.evidence)
    #expect(!evidence.isEmpty)
    #expect(!evidence.contains { $0.contains("pending_bytes") && $0.contains("read") }, "\(evidence)")
    #expect(!evidence.contains { $0.contains("device_state") && $0.contains("write") }, "\(evidence)")
  }

  @Test("are kept behind a socket too")
  func served() async throws {
    let checked = try await V1SocketRules.served("chunk=16K", rules: Self.topics.map { "V1-\($0)" })
    #expect(checked.ending == .complete)
    for finding in checked.findings where finding.rule.untestable == nil {
      #expect([.pass, .info].contains(finding.verdict), "\(finding.rule.id): \(finding.words)")
    }
  }

  @Test("are broken by a state that nobody asked for when the device was opened, but not behind a server")
  func foundStopped() throws {
    let checked = try CheckedDevice(
      try SimulatedDevice.open("v1-reference,size=64K,state=stop"), rules: ["V1-STATE-01"],
      surroundings: Surroundings(socket: "/run/device"))
    #expect(checked.verdicts["V1-STATE-01"] == .info)
  }

  @Test("find out a driver that writes beyond the buffer of a read")
  func overrun() throws {
    var interference = Interference()
    interference.read = { call, forward in
      guard call.register == MigrationRegion.Register.pendingBytes, call.count == 1 else { return forward(call) }
      let operation = VFIO.Operation.read(region: call.region.index, offset: call.offset, count: 1)
      return .failure(DeviceError(operation, .overran(count: 1)))
    }
    let device = InterferedDevice(try SimulatedDevice.open("v1-reference,size=64K"), interference)
    let checked = try CheckedDevice(device, rules: ["V1-ACC-02"])
    let finding = try #require(checked.finding("V1-ACC-02"))
    #expect(finding.verdict == .warn)
    #expect(finding.words.contains("beyond its buffer"))
  }
}
