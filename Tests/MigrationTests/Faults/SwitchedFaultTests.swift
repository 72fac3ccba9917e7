import Dispatch
import Simulator
import Testing
import VFIO

@testable import Migration

/// What this program makes of a device's faults: what is expected of every program that uses devices.
@Suite("Saving from a device with a fault")
struct SwitchedFaultTests {
  private func save(_ profile: String, _ fault: String) throws -> (report: TransferReport, session: MigrationSession) {
    let device = InterferedDevice(try SimulatedDevice.open("\(profile),size=256K,chunk=64K"))
    let switches = FaultSwitches(device)
    let journal = Journal()
    let recorded = RecordingDevice(device, recorder: journal)
    let interface = try #require(try MigrationSupport.find(on: recorded).interface)
    let session = MigrationSession(device: recorded, interface: interface, journal: journal)
    try switches.on(fault)
    var options = TransferOptions()
    options.access = .message
    (options.limits.bytes, options.limits.stall) = (4 << 20, .milliseconds(50))
    (options.limits.time, options.limits.preCopyTime) = (.seconds(2), .milliseconds(100))
    return (SaveOperation(session, to: MemoryStream(), options: options).run(), session)
  }

  @Test(
    "ends in time, and says what was wrong",
    arguments: [
      ("v1-reference", "refuse-state:stop-copy/EIO", "stop-copy was refused: EIO"),
      ("v2-reference", "refuse-state:stop-copy/EIO/1", "stop-copy was refused: EIO"),
      ("v1-reference", "ignore-state:stop-copy", "reported success, but the state read back is"),
      ("v2-reference", "ignore-state:stop-copy", "reported success, but the state read back is"),
      ("v1-reference", "unreadable-state", "EIO"), ("v2-reference", "unreadable-state", "EIO"),
      ("v1-reference", "die", "ENODEV"), ("v2-reference", "die", "ENODEV"),
      ("v1-reference", "pending-for-ever", "no data for"), ("v1-reference", "size-zero", "no data for"),
      ("v1-reference", "size-outside", ""), ("v1-reference", "offset-zero", ""),
      ("v1-reference", "offset-outside", ""), ("v1-reference", "short-reads:0", ""),
      ("v2-reference", "empty-for-ever", "no data for"), ("v2-reference", "endless", "no end"),
      ("v2-reference", "broken-after:100000", "EIO"), ("v2-reference", "no-data-fd", "data fd"),
    ])
  func ends(profile: String, fault: String, words: String) throws {
    let (report, _) = try save(profile, fault)
    let what = try #require(report.fault).description
    #expect(words.isEmpty || what.contains(words), "\(fault): \(what)")
  }

  @Test(
    "goes on to the end where the fault is one that is to be survived",
    arguments: [
      ("v1-reference", "short-reads:1000"), ("v2-reference", "short-reads:1000"), ("v1-reference", "interrupted"),
      ("v2-reference", "interrupted"), ("v2-reference", "not-ready"), ("v1-reference", "refuse-state:stop-copy/EIO/2"),
    ])
  func survives(profile: String, fault: String) throws {
    let (report, session) = try save(profile, fault)
    #expect(report.fault == nil, "\(fault): \(String(describing: report.fault))")
    #expect(report.bytes > 256 << 10)
    #expect(session.presentState?.name == "running")
  }

  @Test("a switch that is off again leaves the device as it was")
  func off() throws {
    let device = InterferedDevice(try SimulatedDevice.open("v2-reference,size=64K"))
    let switches = FaultSwitches(device)
    try switches.on("die")
    try switches.on("unknown-state:9")
    #expect(switches.words == ["die", "unknown-state:9"])
    #expect(throws: DeviceError.self) { try device.info() }
    #expect(switches.off("die"))
    #expect(!switches.off("die"))
    #expect(try device.get(.migDeviceState, count: 8).number(UInt32.self, at: 0) == 9)
    switches.allOff()
    #expect(try device.get(.migDeviceState, count: 8).number(UInt32.self, at: 0) == V2State.running.rawValue)
  }

  @Test("a request that hangs comes back when the fault is switched off", arguments: ["v1-reference", "v2-reference"])
  func hangs(profile: String) throws {
    let device = InterferedDevice(try SimulatedDevice.open("\(profile),size=64K"))
    let switches = FaultSwitches(device)
    try switches.on("hang:stop")
    let isBack = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      try? Self.stop(device, isV1: profile.hasPrefix("v1"))
      isBack.signal()
    }
    #expect(isBack.wait(timeout: .now() + .milliseconds(50)) == .timedOut)
    #expect(switches.off("hang:stop"))
    #expect(isBack.wait(timeout: .now() + 10) == .success)
    let interface = try #require(try MigrationSupport.find(on: device).interface)
    let session = MigrationSession(device: device, interface: interface, journal: Journal())
    #expect(try session.readState().name == "stop")
  }

  private static func stop(_ device: any Device, isV1: Bool) throws {
    if isV1 { return try device.setRegister(V1State.stop.rawValue, in: device.region(9), at: 0) }
    var data = [UInt8](number: V2State.stop.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
  }

  @Test(
    "a word that names none says so",
    arguments: [
      ("nothing", "there is no fault nothing"), ("die:now", "die takes no value"),
      ("short-reads", "short-reads takes a value: short-reads:BYTES, such as short-reads:7"),
      ("refuse-state:here/EIO", "refuse-state:STATE/ERRNO[/N], such as refuse-state:stop-copy/EIO/2"),
      ("short-reads:-1", "short-reads takes a value"),
    ])
  func unknown(word: String, words: String) throws {
    let fault = try #require(throws: UnknownFault.self) { try DeviceFault.interference(word) }
    #expect(fault.description.contains(words), "\(fault)")
  }

  @Test("each one's example is one", arguments: DeviceFault.all.map(\.name))
  func example(name: String) throws {
    let fault = try #require(DeviceFault.named(name))
    #expect((fault.example == nil) == (fault.value == nil))
    _ = try DeviceFault.interference(fault.example.map { "\(name):\($0)" } ?? name)
  }

  @Test(
    "in what a device says of its regions is a line when it is opened",
    arguments: [
      "region-size:0", "region-size:32", "capabilities-loop", "capabilities-outside",
    ])
  func descriptions(fault: String) throws {
    let device = InterferedDevice(try SimulatedDevice.open("v1-reference,size=64K"))
    try FaultSwitches(device).on(fault)
    #expect(throws: DeviceError.self) { try MigrationSupport.find(on: device) }
  }
}
