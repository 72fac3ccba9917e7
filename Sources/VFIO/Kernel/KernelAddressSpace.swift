import Synchronization

/// The address space of a kernel device. It holds the memory as long as the device can reach it.
final class KernelAddressSpace: AddressSpace {
  private let iommu: any KernelIOMMU
  private let recorder: any AccessRecorder
  private let mapped = Mutex<[DMARange: SharedMemory]>([:])

  /// - Parameter recorder: gets only what is done without being asked for, at the end.
  init(_ iommu: any KernelIOMMU, recorder: any AccessRecorder) {
    self.iommu = iommu
    self.recorder = recorder
  }

  deinit {
    for (range, memory) in mapped.withLock({ $0 }) {
      let operation = Operation.unmapDMA(range, pageSize: nil)
      do throws(DeviceError) {
        try recorder.measure(operation) { (_) throws(DeviceError) in
          var none: DirtyBitmap?
          try iommu.unmap(range, dirty: &none)
        }
      } catch {
        // The device may still write there, so these addresses must never hold anything else.
        _ = Unmanaged.passRetained(memory)
      }
    }
  }

  func info() throws(DeviceError) -> AddressSpaceInfo { try iommu.info() }

  func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError) {
    let range = DMARange(iova: iova, length: UInt64(memory.count))
    try iommu.map(memory.address, as: range)
    mapped.withLock { $0[range] = memory }
  }

  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    try iommu.unmap(range, dirty: &dirty)
    mapped.withLock { mapped in mapped = mapped.filter { !range.holds($0.key) } }
  }

  func startLogging() throws(DeviceError) { try iommu.startLogging() }

  func stopLogging() throws(DeviceError) { try iommu.stopLogging() }

  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) { try iommu.readLog(into: &bitmap) }

  /// Memory that such a call unmaps is held on to all the same.
  func attempt(_ call: DirtyCall) throws(DeviceError) { try iommu.attempt(call) }
}
