import TestSupport
import Testing
import VFIO

@Suite struct RecordingDeviceTests {
  private let recording = Recording()

  @Test func everyAccessIsKeptWithItsBytes() throws {
    let device = RecordingDevice(FakeDevice.v1().holding(0x1122, at: 8), recorder: recording)
    let region = try device.region(1)
    #expect(try device.register(UInt64.self, in: region, at: 8) == 0x1122)
    try device.setRegister(UInt32(3), in: region, at: 0)
    let accesses = recording.accesses
    #expect(
      accesses.map(\.operation) == [
        .regionInfo(index: 1, argsz: 32), .regionInfo(index: 1, argsz: 48), .read(region: 1, offset: 8, count: 8),
        .write(region: 1, offset: 0, count: 4),
      ])
    #expect(accesses[2].payload == [0x22, 0x11, 0, 0, 0, 0, 0, 0])
    #expect(accesses[2].result == 8)
    #expect(accesses[3].payload == [3, 0, 0, 0])
    #expect(accesses.allSatisfy { $0.failure == nil && $0.duration >= .zero })
    #expect(zip(accesses, accesses.dropFirst()).allSatisfy { $0.start <= $1.start })
  }

  /// It is copied several times for each access: a case that is larger belongs behind a pointer (`indirect`).
  @Test func anOperationIsSmall() {
    #expect(MemoryLayout<Operation>.size <= 25)
    #expect(MemoryLayout<DeviceError.Reason?>.size <= 8)
  }

  @Test func ofALongPayloadTheFirstBytesAreKept() {
    let start = ContinuousClock.now
    let access = Access(
      operation: .reset, result: 100, failure: nil, payload: Array(0..<100), start: start, duration: .milliseconds(2))
    #expect(access.payload == Array(0..<32))
    #expect(access.result == 100)
    #expect(access.start == start && access.duration == .milliseconds(2))
  }

  @Test func aRegisterIsCalledByItsName() throws {
    let device = RecordingDevice(FakeDevice.v1(), recorder: recording)
    let region = try device.region(1)
    for offset in [0, 8, 16, 24, 32] as [UInt64] { _ = try device.bytes(in: region, at: offset, count: 8) }
    let names = recording.accesses.suffix(5).map(\.register)
    #expect(names == ["device_state", "pending_bytes", "data_offset", "data_size", nil])
  }

  @Test func aRefusalIsKeptWithItsErrno() throws {
    let device = RecordingDevice(FakeDevice.v2().refusing(V2State.stop, with: .EIO), recorder: recording)
    var data = [UInt8](number: V2State.stop.rawValue) + [UInt8](number: Int32(-1))
    #expect(throws: DeviceError.self) { try device.set(.migDeviceState, data: &data) }
    #expect(recording.accesses.map(\.errno) == [.EIO])
  }

  @Test func aMapAndItsEndAreRecordedAndItsCopiesAreNot() throws {
    let memory = try #require(SharedMemory(count: 64))
    let fake = FakeDevice.withRegions([RegionReply.region(size: 64, flags: 7)]).mapping(memory)
    let device = RecordingDevice(fake, recorder: recording)
    do {
      let window = try device.map(try device.region(0), offset: 8, count: 16)
      try window.put([1, 2], at: 0)
      #expect(try window.bytes(from: 0, count: 2) == [1, 2])
      #expect(try window.withBytes(in: 0..<16) { $0.byteCount } == window.count)
      window.unmap()
      #expect(throws: DeviceError.self) { try window.bytes(from: 0, count: 2) }
    }
    #expect(
      recording.accesses.map(\.operation).dropFirst() == [
        .map(region: 0, offset: 8, count: 16), .unmap(region: 0, offset: 8, count: 16),
      ])
  }

  @Test func aWindowThatIsLetGoOfIsRecordedAsGivenBack() throws {
    let memory = try #require(SharedMemory(count: 64))
    let fake = FakeDevice.withRegions([RegionReply.region(size: 64, flags: 7)]).mapping(memory)
    let device = RecordingDevice(fake, recorder: recording)
    _ = try device.map(try device.region(0), offset: 0, count: 64)
    #expect(recording.accesses.last?.operation == .unmap(region: 0, offset: 0, count: 64))
  }

  @Test func aMapThatIsRefusedIsRecordedWithItsErrno() throws {
    let device = RecordingDevice(FakeDevice.v1(), recorder: recording)
    let region = try device.region(1)
    let error = #expect(throws: DeviceError.self) { try device.map(region, offset: 4096, count: 8) }
    #expect(error?.description == "map region 1 +0x1000 8 bytes: EOPNOTSUPP (Operation not supported)")
    #expect(recording.accesses.last?.errno == .ENOTSUP)
  }

  @Test func aStreamIsRecordedToo() throws {
    let device = RecordingDevice(FakeDevice.v2().openingDataFD(for: .preCopy), recorder: recording)
    let stream = device.stream(taking: 101)
    #expect(try stream.precopyInfo().initialBytes == 100)
    stream.close()
    #expect(recording.accesses.map(\.operation) == [.precopyInfo, .streamClose])
  }
}
