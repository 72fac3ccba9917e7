import Testing
import VFIO

@testable import Simulator

@Suite("A profile's quirk")
struct QuirkTests {
  private typealias Register = MigrationRegion.Register

  private func complaint(_ text: String) -> String? {
    do {
      _ = try Profile(name: "broken", text: text)
      return nil
    } catch {
      return error.description
    }
  }

  @Test("that is none is named")
  func unknown() {
    for (quirk, reason) in [
      ("slow", "there is no quirk slow"),
      ("reserved", "the quirk reserved takes a value: reserved:ERRNO, such as EFAULT"),
      ("reserved:EWHAT", "the quirk reserved takes a value"), ("error-taken:5", "the quirk error-taken takes no value"),
      ("reset-refused:stop/start", "the quirk reset-refused takes a value"),
      ("again-refused:start", "the quirk again-refused takes a value"), ("data-size:much", "the quirk data-size takes"),
      ("V2-FD-07", "there is no quirk V2-FD-07"),
    ] {
      let text = "like = \"v1-reference\"\nquirks = [\"\(quirk)\"]"
      #expect(complaint(text)?.contains(reason) == true, "\(quirk): \(complaint(text) ?? "taken")")
    }
  }

  @Test("stands in a profile that says only the differences")
  func like() throws {
    let profile = try Profile(name: "mine", text: "like = \"v2-reference\"\n[defaults]\nflags = \"3\"")
    let reference = try ProfileCatalog.profile(named: "v2-reference")
    #expect(profile.defaults["flags"] == "3")
    #expect(profile.defaults.count == reference.defaults.count)
    #expect(profile.transitions.next == reference.transitions.next)
    #expect(complaint("like = \"v3\"")?.contains("there is no profile v3") == true)
    #expect(complaint("description = \"nothing\"")?.contains("there is no protocol") == true)
  }

  @Test("is stacked with a defect and with faults")
  func stacked() throws {
    let device = InterferedDevice(try SimulatedDevice.open("mlx5-v1,size=64K,defect=V1-ACC-06").withDefect)
    try FaultSwitches(device).on("refuse-state:stop/EPERM")
    let region = try device.region(9)
    // The quirk's, the defect's and the fault's own answers.
    #expect(refusal { _ = try device.bytes(in: region, at: Register.reserved, count: 4) } == .EFAULT)
    #expect(try device.write(region, at: Register.pendingBytes, from: [UInt8](number: UInt64(1)).span.bytes) == 8)
    #expect(refusal { try device.setRegister(UInt32(0), in: region, at: Register.deviceState) } == .EPERM)
  }

  @Test("knows the state in which the device is found")
  func foundState() throws {
    let device = try SimulatedDevice.open("libvfio-user-v1,size=64K,state=stop-copy").withDefect
    #expect(refusal { try device.reset() } == .EINVAL)
    #expect(refusal { _ = try device.info() } == .EINVAL)
  }

  @Test("lets pending_bytes of hisi_acc fall as data are read")
  func pendingFalls() throws {
    let device = try SimulatedDevice.open("hisi-v1,size=64K,state=stop-copy,chunk=16K").withDefect
    let region = try device.region(9)
    let all = try device.register(UInt64.self, in: region, at: Register.pendingBytes)
    let offset = try device.register(UInt64.self, in: region, at: Register.dataOffset)
    let size = try device.register(UInt64.self, in: region, at: Register.dataSize)
    #expect(offset == 32)
    _ = try device.bytes(in: region, at: offset, count: 1000)
    #expect(try device.register(UInt64.self, in: region, at: Register.pendingBytes) == all - 1000)
    #expect(try device.register(UInt64.self, in: region, at: Register.dataSize) == size)
    _ = try device.bytes(in: region, at: offset + 1000, count: Int(size) - 1000)
    #expect(try device.register(UInt64.self, in: region, at: Register.pendingBytes) == all - size)
  }

  @Test(
    "leaves a chunk that was not read where hisi_acc has it; with mlx5 the window moves on",
    arguments: ["hisi-v1", "mlx5-v1"])
  func chunkNotRead(profile: String) throws {
    let device = try SimulatedDevice.open("\(profile),size=64K,state=stop-copy,chunk=16K").withDefect
    let region = try device.region(9)
    let all = try device.register(UInt64.self, in: region, at: Register.pendingBytes)
    _ = try device.register(UInt64.self, in: region, at: Register.dataOffset)
    let size = try device.register(UInt64.self, in: region, at: Register.dataSize)
    let left = try device.register(UInt64.self, in: region, at: Register.pendingBytes)
    #expect(left == (profile == "hisi-v1" ? all : all - size))
  }

  @Test("moves the window of hisi_acc to where data_offset is written")
  func offsetStored() throws {
    let device = try SimulatedDevice.open("hisi-v1,size=64K,state=stop-copy,chunk=4K").withDefect
    let region = try device.region(9)
    _ = try device.register(UInt64.self, in: region, at: Register.pendingBytes)
    _ = try device.register(UInt64.self, in: region, at: Register.dataOffset)
    let data = try device.bytes(in: region, at: 32, count: 64)
    try device.setRegister(UInt64(40), in: region, at: Register.dataOffset)
    #expect(try device.register(UInt64.self, in: region, at: Register.dataOffset) == 40)
    #expect(try device.bytes(in: region, at: 40, count: 64) == data)
    // Then the registers are gone: what is read are data.
    try device.setRegister(UInt64(0), in: region, at: Register.dataOffset)
    #expect(try device.bytes(in: region, at: 0, count: 64) == data)
  }

  @Test("makes libvfio-user want its registers in order, and end a session once")
  func order() throws {
    let device = try SimulatedDevice.open("libvfio-user-v1,size=64K,state=pre-copy,chunk=1M,dirty=1G").withDefect
    let region = try device.region(9)
    #expect(refusal { _ = try device.register(UInt64.self, in: region, at: Register.dataOffset) } == .EINVAL)
    #expect(refusal { _ = try device.register(UInt64.self, in: region, at: Register.dataSize) } == .EINVAL)
    let pending = try device.register(UInt64.self, in: region, at: Register.pendingBytes)
    // The device changes meanwhile, and what was said stays.
    #expect(try device.register(UInt64.self, in: region, at: Register.pendingBytes) == pending)
    #expect(try device.register(UInt64.self, in: region, at: Register.dataSize) == 0)
    #expect(try device.register(UInt64.self, in: region, at: Register.dataOffset) == 4096)
    #expect(try device.register(UInt64.self, in: region, at: Register.dataSize) > 0)
  }

  @Test("leaves all data of SPDK for stop-copy, in one chunk, and those of mlx5")
  func preCopy() throws {
    for (profile, isPending, size) in [("spdk-v1", true, UInt64(0)), ("mlx5-v1", false, nil)]
      as [(String, Bool, UInt64?)]
    {
      let device = try SimulatedDevice.open("\(profile),state=pre-copy").withDefect
      let region = try device.region(9)
      let pending = try device.register(UInt64.self, in: region, at: Register.pendingBytes)
      #expect((pending > 0) == isPending)
      _ = try device.register(UInt64.self, in: region, at: Register.dataOffset)
      #expect((try? device.register(UInt64.self, in: region, at: Register.dataSize)) == size)
      #expect(try device.register(UInt64.self, in: region, at: Register.pendingBytes) == pending)
      try device.setRegister(V1State.stopCopy.rawValue, in: region, at: Register.deviceState)
      let all = try device.register(UInt64.self, in: region, at: Register.pendingBytes)
      _ = try device.register(UInt64.self, in: region, at: Register.dataOffset)
      let first = try device.register(UInt64.self, in: region, at: Register.dataSize)
      #expect(profile == "spdk-v1" ? first == all : first == 256 << 10)
    }
  }

  @Test("refuses a reset of libvfio-user in STOP and STOP_COPY", arguments: ["libvfio-user-v1", "libvfio-user"])
  func reset(profile: String) throws {
    for (state, expected) in [("stop", Errno.EINVAL), ("stop-copy", .EINVAL), ("pre-copy", nil), ("resuming", nil)] {
      let device = try SimulatedDevice.open("\(profile),size=64K,state=\(state)").withDefect
      #expect(refusal { try device.reset() } == expected, "\(state)")
    }
  }

  @Test(
    "tells with what a SET in ERROR is refused",
    arguments: [("mlx5", .EINVAL), ("hisi-acc", .EINVAL), ("pds", .EIO), ("libvfio-user", .EINVAL)] as [(String, Errno)]
  )
  func leavingError(profile: String, errno: Errno) throws {
    let device = try SimulatedDevice.open("\(profile),size=64K,fail=stop:EIO:error").withDefect
    func set(_ state: V2State) -> Errno? {
      var data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
      return refusal { try device.set(.migDeviceState, data: &data) }
    }
    #expect(set(.stop) == .EIO)
    #expect(set(.running) == errno)
  }

  @Test("ends the data fd of mlx5 with the first data that it refuses")
  func dies() throws {
    let device = try SimulatedDevice.open("mlx5,size=64K").withDefect
    var data = [UInt8](number: V2State.resuming.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
    let stream = device.stream(taking: try #require(data.number(at: 4)))
    let wrong = [UInt8](repeating: 0xFF, count: 64)
    #expect(refusal { _ = try stream.write(wrong.span.bytes) } == .EINVAL)
    #expect(refusal { _ = try stream.write(wrong.span.bytes) } == .ENODEV)
    data = [UInt8](number: V2State.stop.rawValue) + [UInt8](number: Int32(-1))
    try device.set(.migDeviceState, data: &data)
  }

  @Test("refuses pending_bytes outside a save where QEMU never reads it")
  func pendingRefused() throws {
    for (state, expected) in [
      ("running", Errno.EINVAL), ("stop", .EINVAL), ("resuming", .EINVAL), ("pre-copy", nil), ("stop-copy", nil),
    ] {
      let device = try SimulatedDevice.open("qemu-v1,size=64K,state=\(state)").withDefect
      let region = try device.region(9)
      let answer = refusal { _ = try device.register(UInt64.self, in: region, at: Register.pendingBytes) }
      #expect(answer == expected, "\(state)")
    }
  }

  @Test("logs in pages of one size, whatever is asked for")
  func logPages() throws {
    let device = try SimulatedDevice.open("qemu,size=64K").withDefect
    let range = DMARange(iova: 0, length: 2 << 20)
    #expect(try device.startLogging([range], pageSize: 1 << 16) == 4096)
    var (wide, right) = (DirtyBitmap(range, pageSize: 1 << 16), DirtyBitmap(range, pageSize: 4096))
    #expect(refusal { try device.reportLogging(into: &wide) } == .EINVAL)
    #expect(refusal { try device.reportLogging(into: &right) } == nil)
    try device.stopLogging()
  }

  @Test("can't map a window that does not begin with a page")
  func noMap() {
    let error = #expect(throws: AddressError.self) { try SimulatedDevice.open("hisi-v1,map=yes") }
    #expect(error?.description == #"map="yes": expected no: the window does not begin with a page"#)
  }
}
