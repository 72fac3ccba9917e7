/// How the kernel gives memory to a device: a container or an iommufd. It stays open as long as the device.
///
/// The calls are those of `AddressSpace`, but nobody holds the memory here: `KernelAddressSpace` does.
protocol KernelIOMMU: AnyObject, Sendable {
  /// Gets the device ready for memory; done more than once, it does nothing. Recorded, as it is no call of the user's.
  func attach(_ device: borrowing FileDescriptor, recorder: any AccessRecorder) throws(DeviceError)

  func info() throws(DeviceError) -> AddressSpaceInfo
  /// Maps the memory that begins at `address`, for reading and writing.
  func map(_ address: UInt64, as range: DMARange) throws(DeviceError)
  func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError)
  func startLogging() throws(DeviceError)
  func stopLogging() throws(DeviceError)
  func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError)
  func attempt(_ call: DirtyCall) throws(DeviceError)
}
