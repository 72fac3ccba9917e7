import TestSupport
import Testing

@testable import VFIO

/// How the kernel's calls fail on a file that is no device: with the kernel's word, under the name of what was asked.
@Suite struct KernelDMATests {
  private let range = DMARange(iova: 0x100000, length: 4096)
  private let file = TemporaryFile([])

  @Test func theDevicesLoggingIsAskedOfTheDevice() throws {
    let device = try file.device()
    var bitmap = DirtyBitmap(range, pageSize: 4096)
    let errors = [
      #expect(throws: DeviceError.self) { try device.startLogging([range], pageSize: 4096) },
      #expect(throws: DeviceError.self) { try device.reportLogging(into: &bitmap) },
      #expect(throws: DeviceError.self) { try device.stopLogging() },
    ]
    #expect(
      errors.map { $0?.operation } == [
        .startLogging(ranges: [range], pageSize: 4096), .reportLogging(range, pageSize: 4096), .stopLogging,
      ])
    #expect(errors.allSatisfy { $0?.errno == .ENOTTY })
  }

  @Test func theWayToAnAddressSpaceIsRecorded() throws {
    let recording = Recording()
    let device = try file.device(recorder: recording)
    let error = #expect(throws: DeviceError.self) { try device.addressSpace() }
    #expect(error?.operation == .attach(call: "IOAS_ALLOC"))
    #expect(recording.accesses.map(\.operation) == [.attach(call: "IOAS_ALLOC")])
  }

  @Test func anIommufdSaysWhoElseHasALog() throws {
    let iommu = KernelIOAS(try FileDescriptor.open("/dev/null", recorder: Recording()))
    var bitmap: DirtyBitmap? = DirtyBitmap(range, pageSize: 4096)
    var log = DirtyBitmap(range, pageSize: 4096)
    let errors = [
      #expect(throws: DeviceError.self) { try iommu.startLogging() },
      #expect(throws: DeviceError.self) { try iommu.readLog(into: &log) },
      #expect(throws: DeviceError.self) { try iommu.stopLogging() },
      #expect(throws: DeviceError.self) { try iommu.unmap(range, dirty: &bitmap) },
      #expect(throws: DeviceError.self) { try iommu.attempt(DirtyCall(.dirtyPages, flags: 3)) },
    ]
    #expect(errors.allSatisfy { $0?.errno == .ENOTTY && $0?.description.contains("opened by group") == true })
  }

  @Test func theUnsafeModeHasNoAddressSpace() throws {
    let container = try container(ofType: 8)
    let device = try FileDescriptor.open("/dev/null", recorder: Recording())
    let error = #expect(throws: DeviceError.self) { try container.attach(device, recorder: Recording()) }
    #expect(error?.errno == .ENOTTY)
    #expect(error?.description.contains("has no IOMMU") == true)
  }

  @Test func aContainerIsAskedForEverything() throws {
    let container = try container(ofType: 3)
    var bitmap: DirtyBitmap? = DirtyBitmap(range, pageSize: 4096)
    var log = DirtyBitmap(range, pageSize: 4096)
    let errors = [
      #expect(throws: DeviceError.self) { try container.info() },
      #expect(throws: DeviceError.self) { try container.map(0x1000, as: range) },
      #expect(throws: DeviceError.self) { try container.startLogging() },
      #expect(throws: DeviceError.self) { try container.readLog(into: &log) },
      #expect(throws: DeviceError.self) { try container.unmap(range, dirty: &bitmap) },
      #expect(throws: DeviceError.self) { try container.stopLogging() },
    ]
    #expect(
      errors.map { $0?.operation } == [
        .addressSpaceInfo, .mapDMA(range), .dirtyPagesStart, .dirtyPagesGet(range, pageSize: 4096),
        .unmapDMA(range, pageSize: 4096), .dirtyPagesStop,
      ])
    #expect(errors.allSatisfy { $0?.errno == .ENOTTY })
  }

  @Test func aContainerIsCalledWithAnyArguments() throws {
    let container = try container(ofType: 3)
    let calls = [
      DirtyCall(.dirtyPages, flags: 3),
      DirtyCall(.unmap, flags: 3, range: range, pageSize: 4096, bitmapSize: 1 << 40),
    ]
    for call in calls {
      let error = #expect(throws: DeviceError.self) { try container.attempt(call) }
      #expect(error?.errno == .ENOTTY)
      #expect(error?.operation == .dirtyCall(call))
    }
    let endless = DirtyCall(.dirtyPages, flags: 4, range: DMARange(iova: 0, length: .max), pageSize: 4096)
    #expect(#expect(throws: DeviceError.self) { try container.attempt(endless) }?.errno == nil)
  }

  private func container(ofType type: UInt) throws -> KernelContainer {
    KernelContainer(
      try FileDescriptor.open("/dev/null", recorder: Recording()),
      group: try FileDescriptor.open("/dev/null", recorder: Recording()), iommu: type)
  }
}
