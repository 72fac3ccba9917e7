/// A part of a region in this program's memory: `mmap` on the device's descriptor, where the region has
/// `VFIO_REGION_INFO_FLAG_MMAP` (linux/vfio.h).
///
/// It is for data, not for registers: bytes are copied in pieces of any width and in any order.
///
/// A device that vanishes takes the memory with it, and touching it then raises SIGBUS. The copies catch that and fail
/// with `EIO`. Nothing cheap and safe catches it in a closure of `withBytes`; see there.
public protocol MappedWindow: AnyObject, Sendable {
  /// Bytes: exactly as many as were asked for.
  var count: Int { get }

  /// Fills `buffer` from `offset` in the window on.
  ///
  /// Fails when this is not all inside the window, when the region can't be read (`EACCES`), after `unmap`, and when
  /// the device is gone.
  func copy(from offset: Int, into buffer: inout MutableRawSpan) throws(DeviceError)

  /// Copies all of `bytes` to the window, from `offset` on. Fails as `copy(from:into:)` does; `EACCES` when the region
  /// can't be written.
  func copy(_ bytes: RawSpan, to offset: Int) throws(DeviceError)

  /// Lends these bytes of the window, to hand them to a system call such as `write` without a copy. Fails as
  /// `copy(from:into:)` does.
  ///
  /// The device can change the bytes at any time: what has been looked at once can be different at the second look. Only
  /// the kernel should touch them: when the device is gone, a system call fails with `EFAULT`, but a look of the
  /// program itself ends it with SIGBUS. They stay mapped until `body` returns, whatever happens to the window.
  func withBytes<R>(in range: Range<Int>, _ body: (RawSpan) -> R) throws(DeviceError) -> R

  /// Gives the memory back. So does letting go of the window. A second call does nothing.
  func unmap()
}
