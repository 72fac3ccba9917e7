import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// What a kernel device's address space does beside the calls to the kernel: it keeps the memory, and gives it back.
@Suite struct KernelAddressSpaceTests {
  private let iommu = FakeIOMMU()
  private let recording = Recording()
  private let range = DMARange(iova: 0x100000, length: 4096)

  @Test func memoryIsKeptAsLongAsItIsMapped() throws {
    let space = KernelAddressSpace(iommu, recorder: recording)
    weak var memory: SharedMemory?
    memory = try map(in: space)
    #expect(memory != nil)
    var none: DirtyBitmap?
    try space.unmap(DMARange(iova: 0, length: 1 << 32), dirty: &none)
    #expect(memory == nil)
  }

  @Test func memoryStaysWhenItCanNotBeUnmapped() throws {
    let space = KernelAddressSpace(iommu, recorder: recording)
    weak var memory: SharedMemory?
    memory = try map(in: space)
    iommu.refuse(.EBUSY)
    var none: DirtyBitmap?
    #expect(throws: DeviceError.self) { try space.unmap(range, dirty: &none) }
    #expect(memory != nil)
    iommu.refuse(nil)
  }

  @Test func memoryThatWasNotMappedIsNotKept() throws {
    iommu.refuse(.EINVAL)
    do {
      let space = KernelAddressSpace(iommu, recorder: recording)
      #expect(throws: DeviceError.self) { try map(in: space) }
    }
    #expect(recording.accesses.isEmpty)
  }

  @Test func lettingGoUnmapsAndIsRecorded() throws {
    weak var memory: SharedMemory?
    do {
      memory = try map(in: KernelAddressSpace(iommu, recorder: recording))
    }
    #expect(iommu.mapped.isEmpty)
    #expect(memory == nil)
    #expect(recording.accesses.map(\.operation) == [.unmapDMA(range, pageSize: nil)])
  }

  @Test func memoryThatTheKernelDoesNotGiveBackIsNeverUsedForAnythingElse() throws {
    weak var memory: SharedMemory?
    do {
      let space = KernelAddressSpace(iommu, recorder: recording)
      memory = try map(in: space)
      iommu.refuse(.EBUSY)
    }
    #expect(recording.accesses.map(\.errno) == [.EBUSY])
    #expect(memory != nil)
  }

  /// Maps memory that nobody else holds.
  private func map(in space: KernelAddressSpace) throws -> SharedMemory? {
    let memory = try #require(SharedMemory(count: 4096))
    try space.map(memory, at: range.iova)
    return memory
  }
}

/// The kernel's calls, which do nothing but remember what is mapped.
private final class FakeIOMMU: KernelIOMMU {
  private struct State {
    var mapped: [DMARange: UInt64] = [:]
    var errno: Errno?
  }
  private let state = Mutex(State())

  var mapped: [DMARange: UInt64] { state.withLock { $0.mapped } }

  func refuse(_ errno: Errno?) { state.withLock { $0.errno = errno } }

  func attach(_ device: borrowing FileDescriptor, recorder: any AccessRecorder) throws(DeviceError) {}

  func info() throws(DeviceError) -> AddressSpaceInfo { AddressSpaceInfo(pageSizes: 4096, logging: nil) }

  func map(_ address: UInt64, as range: DMARange) throws(DeviceError) {
    try check(.mapDMA(range))
    state.withLock { $0.mapped[range] = address }
  }

  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    try check(.unmapDMA(range, pageSize: nil))
    state.withLock { state in state.mapped = state.mapped.filter { !range.holds($0.key) } }
  }

  func startLogging() throws(DeviceError) {}
  func stopLogging() throws(DeviceError) {}
  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {}
  func attempt(_ call: DirtyCall) throws(DeviceError) {}

  private func check(_ operation: Operation) throws(DeviceError) {
    if let errno = state.withLock({ $0.errno }) { throw DeviceError(operation, errno) }
  }
}
