/// An address space whose every call is recorded.
final class RecordingAddressSpace: AddressSpace {
  private let space: any AddressSpace
  private let recorder: any AccessRecorder

  init(_ space: any AddressSpace, recorder: any AccessRecorder) {
    self.space = space
    self.recorder = recorder
  }

  func info() throws(DeviceError) -> AddressSpaceInfo {
    try recorder.measure(.addressSpaceInfo) { (outcome) throws(DeviceError) in
      let info = try space.info()
      outcome.keep(
        [info.pageSizes, info.logging?.pageSizes ?? 0, info.logging?.maxBitmapSize ?? 0]
          .flatMap([UInt8].init(number:)))
      return info
    }
  }

  func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError) {
    let range = DMARange(iova: iova, length: UInt64(memory.count))
    try recorder.measure(.mapDMA(range)) { (_) throws(DeviceError) in try space.map(memory, at: iova) }
  }

  func map(reaching memory: any ReachableMemory, at iova: UInt64) throws(DeviceError) {
    let range = DMARange(iova: iova, length: UInt64(memory.count))
    try recorder.measure(.mapDMA(range)) { (_) throws(DeviceError) in try space.map(reaching: memory, at: iova) }
  }

  /// Not recorded: nothing is asked of the device.
  func advance() { space.advance() }

  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    try recorder.measure(.unmapDMA(range, pageSize: dirty?.pageSize)) { (outcome) throws(DeviceError) in
      try space.unmap(range, dirty: &dirty)
      outcome.result = dirty?.dirtyCount ?? 0
    }
  }

  func startLogging() throws(DeviceError) {
    try recorder.measure(.dirtyPagesStart) { (_) throws(DeviceError) in try space.startLogging() }
  }

  func stopLogging() throws(DeviceError) {
    try recorder.measure(.dirtyPagesStop) { (_) throws(DeviceError) in try space.stopLogging() }
  }

  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    try recorder.measure(.dirtyPagesGet(bitmap.range, pageSize: bitmap.pageSize)) { (outcome) throws(DeviceError) in
      try space.readLog(into: &bitmap)
      outcome.result = bitmap.dirtyCount
    }
  }

  func attempt(_ call: DirtyCall) throws(DeviceError) {
    try recorder.measure(.dirtyCall(call)) { (_) throws(DeviceError) in try space.attempt(call) }
  }
}
