import Synchronization
import VFIO

/// A simulated device's address space. The device reaches the memory as long as somebody holds this.
final class SimulatedAddressSpace: AddressSpace {
  private let device: SimulatedDevice
  private let memory: Mutex<MappedMemory>

  init(of device: SimulatedDevice, logging: Options.Logging) {
    self.device = device
    memory = Mutex(MappedMemory(logging: logging))
  }

  /// Lends the memory to a call that holds the device: what belongs to both is never looked at half changed.
  func withMemory<R, E: Error>(_ body: (inout MappedMemory) throws(E) -> R) throws(E) -> R where R: Sendable {
    try memory.withLock { (memory) throws(E) in try body(&memory) }
  }

  func info() throws(DeviceError) -> AddressSpaceInfo {
    try access(.addressSpaceInfo) { $0.info }
  }

  func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError) { try map(reaching: memory, at: iova) }

  func map(reaching memory: any ReachableMemory, at iova: UInt64) throws(DeviceError) {
    let range = DMARange(iova: iova, length: UInt64(memory.count))
    try access(.mapDMA(range)) { (mapped) throws(Refusal) in try mapped.map(memory, at: iova) }
  }

  /// Every access lets the device do what it has done; one that is refused has nothing to do.
  func advance() {
    try? device.access(.addressSpaceInfo) { _ in }
  }

  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    try access(.unmapDMA(range, pageSize: dirty?.pageSize)) { (mapped) throws(Refusal) in
      try mapped.unmap(range, dirty: &dirty)
    }
  }

  func startLogging() throws(DeviceError) {
    try access(.dirtyPagesStart) { (mapped) throws(Refusal) in try mapped.startLogging() }
  }

  func stopLogging() throws(DeviceError) {
    try access(.dirtyPagesStop) { (mapped) throws(Refusal) in try mapped.stopLogging() }
  }

  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    try access(.dirtyPagesGet(bitmap.range, pageSize: bitmap.pageSize)) { (mapped) throws(Refusal) in
      try mapped.readLog(into: &bitmap)
    }
  }

  func attempt(_ call: DirtyCall) throws(DeviceError) {
    try access(.dirtyCall(call)) { (mapped) throws(Refusal) in try mapped.attempt(call) }
  }

  private func access<R>(
    _ operation: Operation, _ call: (inout MappedMemory) throws(Refusal) -> R
  ) throws(DeviceError) -> R where R: Sendable {
    try device.access(operation) { (_) throws(Refusal) in
      try withMemory { (memory) throws(Refusal) in try call(&memory) }
    }
  }
}

extension SimulatedDevice {
  /// One address space at a time. Only in protocol v1 it logs: a device of v2 does that itself.
  public func addressSpace() throws(DeviceError) -> any AddressSpace {
    try access(.attach(call: "address space")) { machine in
      if let space = machine.addressSpace { return space }
      let logging = machine.profile.migrationProtocol == .v1 ? machine.options.logging : .no
      let space = SimulatedAddressSpace(of: self, logging: logging)
      machine.addressSpace = space
      return space
    }
  }

  /// DMA logging of protocol v2; `ENOTTY` in v1, and with `logging=no`.
  public func startLogging(_ ranges: [DMARange], pageSize: UInt64) throws(DeviceError) -> UInt64 {
    try access(.startLogging(ranges: ranges, pageSize: pageSize)) { (machine) throws(Refusal) in
      try machine.startLogging(ranges, pageSize: pageSize)
    }
  }

  /// As `startLogging`.
  public func stopLogging() throws(DeviceError) {
    try access(.stopLogging) { (machine) throws(Refusal) in try machine.stopLogging() }
  }

  /// As `startLogging`.
  public func reportLogging(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    try access(.reportLogging(bitmap.range, pageSize: bitmap.pageSize)) { (machine) throws(Refusal) in
      try machine.reportLogging(into: &bitmap)
    }
  }
}
