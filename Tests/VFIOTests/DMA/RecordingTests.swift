import TestSupport
import Testing
import VFIO

/// A device that records passes on what is asked about its DMA, and what comes back.
@Suite struct DMARecordingTests {
  private let recording = Recording()
  private let range = DMARange(iova: 0x100000, length: 3 * 4096)

  @Test func eachCallOfTheAddressSpaceIsRecorded() throws {
    let device = RecordingDevice(FakeDevice.v1().reaching(FakeAddressSpace()), recorder: recording)
    let space = try device.addressSpace()
    #expect(try space.info().logging?.pageSizes == 4096)
    try space.map(try #require(SharedMemory(count: Int(range.length))), at: range.iova)
    try space.startLogging()
    var bitmap = DirtyBitmap(range, pageSize: 4096)
    try space.readLog(into: &bitmap)
    #expect(bitmap.dirtyCount == 3)
    var last: DirtyBitmap? = DirtyBitmap(range, pageSize: 4096)
    try space.unmap(range, dirty: &last)
    #expect(last?.dirtyCount == 3)
    try space.stopLogging()
    #expect(
      recording.accesses.map(\.operation.description) == [
        "IOMMU_GET_INFO", "MAP_DMA 0x100000 12288 bytes", "DIRTY_PAGES START",
        "DIRTY_PAGES GET_BITMAP 0x100000 12288 bytes page size 4096",
        "UNMAP_DMA 0x100000 12288 bytes with bitmap, page size 4096", "DIRTY_PAGES STOP",
      ])
    #expect(recording.accesses.map(\.result) == [0, 0, 0, 3, 3, 0])
  }

  @Test func aFailureOfTheAddressSpaceComesThrough() throws {
    let calls: [FakeAddressSpace.Call] = [.info, .map, .startLogging, .readLog, .unmapWithBitmap, .stopLogging]
    let refusing = FakeAddressSpace(refusing: Dictionary(uniqueKeysWithValues: calls.map { ($0, .EACCES) }))
    let space = try RecordingDevice(FakeDevice.v1().reaching(refusing), recorder: recording).addressSpace()
    var bitmap: DirtyBitmap? = DirtyBitmap(range, pageSize: 4096)
    var log = DirtyBitmap(range, pageSize: 4096)
    let memory = try #require(SharedMemory(count: 4096))
    #expect(throws: DeviceError.self) { try space.info() }
    #expect(throws: DeviceError.self) { try space.map(memory, at: 0) }
    #expect(throws: DeviceError.self) { try space.startLogging() }
    #expect(throws: DeviceError.self) { try space.readLog(into: &log) }
    #expect(throws: DeviceError.self) { try space.unmap(range, dirty: &bitmap) }
    #expect(throws: DeviceError.self) { try space.stopLogging() }
    #expect(recording.accesses.map(\.errno) == [Errno?](repeating: .EACCES, count: 6))
  }

  @Test func aCallWithAnyArgumentsIsRecordedAsItIs() throws {
    let space = try RecordingDevice(FakeDevice.v1().reaching(FakeAddressSpace()), recorder: recording).addressSpace()
    let call = DirtyCall(.unmap, flags: 5, range: range, pageSize: 8192, bitmapSize: 16)
    // One that has no such calls says so.
    #expect(#expect(throws: DeviceError.self) { try space.attempt(call) }?.errno == .ENOTTY)
    #expect(
      recording.accesses.map(\.operation.description) == [
        "UNMAP_DMA flags 0x5 0x100000 12288 bytes page size 8192 bitmap 16 bytes"
      ])
  }

  @Test func theDevicesOwnLoggingIsPassedOn() throws {
    let fake = FakeDevice.v2().logging(pageSize: 8192, dirty: [0, 2])
    let device = RecordingDevice(fake, recorder: recording)
    #expect(try device.startLogging([range], pageSize: 4096) == 8192)
    var bitmap = DirtyBitmap(range, pageSize: 4096)
    try device.reportLogging(into: &bitmap)
    #expect(bitmap.words == [0b101])
    try device.stopLogging()
    let asked: [Operation] = [
      .startLogging(ranges: [range], pageSize: 4096), .reportLogging(range, pageSize: 4096), .stopLogging,
    ]
    #expect(fake.takeAsked() == asked)
    #expect(recording.accesses.map(\.operation) == asked)
    #expect(recording.accesses.map(\.result) == [0, 2, 0])
    #expect(recording.accesses[0].payload == [UInt8](number: UInt64(8192)))
  }

  @Test func aDeviceThatDoesNoDMASaysSo() throws {
    let device = RecordingDevice(FakeDevice.v2(), recorder: recording)
    var bitmap = DirtyBitmap(range, pageSize: 4096)
    let errors = [
      #expect(throws: DeviceError.self) { try device.addressSpace() },
      #expect(throws: DeviceError.self) { try device.startLogging([range], pageSize: 4096) },
      #expect(throws: DeviceError.self) { try device.stopLogging() },
      #expect(throws: DeviceError.self) { try device.reportLogging(into: &bitmap) },
    ]
    #expect(errors.map { $0?.errno } == [.ENOTTY, .ENOTTY, .ENOTTY, .ENOTTY])
  }
}
