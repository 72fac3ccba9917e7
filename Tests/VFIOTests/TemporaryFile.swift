import Glibc
import TestSupport

@testable import VFIO

/// A file that stands for a device's descriptor: it is read, written and mapped at offsets as one is.
final class TemporaryFile: Sendable {
  private let number: Int32

  /// A file with these bytes and no name.
  init(_ bytes: [UInt8]) {
    var name = Array("/tmp/mapping-XXXXXX".utf8CString)
    number = mkstemp(&name)
    unlink(&name)
    _ = bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, 0) }
  }

  deinit { close(number) }

  /// The file as a kernel's device.
  func device(recorder: any AccessRecorder = Recording()) throws(DeviceError) -> KernelDevice {
    try KernelDevice(recorder: recorder) { [self] in hold() }
  }

  /// The file, opened as a kernel's device is.
  func hold() -> KernelHold {
    KernelHold(FileDescriptor(owning: dup(number)), iommu: KernelIOAS(FileDescriptor(owning: dup(number))))
  }

  /// All that is in the file.
  func bytes(count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let got = bytes.withUnsafeMutableBytes { pread(number, $0.baseAddress, $0.count, 0) }
    return Array(bytes.prefix(got))
  }

  /// Takes everything away, as a device that vanishes does.
  func empty() { ftruncate(number, 0) }

  /// Passes a call on to the file: writes these bytes behind its end.
  ///
  /// - Returns: the call's errno, or nil.
  func append(_ bytes: RawSpan) -> Errno? {
    let end = lseek(number, 0, SEEK_END)
    return bytes.withUnsafeBytes { pwrite(number, $0.baseAddress, $0.count, end) } < 0 ? .current : nil
  }
}
