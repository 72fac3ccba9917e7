import CVFIO
import Glibc

/// An open descriptor: it has one owner, who closes it exactly once by letting go of it.
struct FileDescriptor: ~Copyable, Sendable {
  private let number: Int32

  /// Takes over a descriptor that the kernel has just returned.
  init(owning number: Int32) {
    self.number = number
  }

  /// Opens a node for reading and writing.
  static func open(_ path: String, recorder: any AccessRecorder) throws(DeviceError) -> FileDescriptor {
    try recorder.measure(.open(path: path)) { (outcome) throws(DeviceError) in
      let number = Glibc.open(path, O_RDWR | O_CLOEXEC)
      guard number >= 0 else { throw DeviceError(.open(path: path), .current) }
      outcome.result = Int(number)
      return FileDescriptor(owning: number)
    }
  }

  deinit {
    close(number)
  }

  /// The number, for a structure that names it to the kernel. It is not to be closed or kept.
  var borrowed: Int32 { number }

  /// The number of the character device that is open; nil when it is none.
  var deviceNumber: (major: UInt32, minor: UInt32)? {
    var status = stat()
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFCHR else { return nil }
    return (cv_major(UInt64(status.st_rdev)), cv_minor(UInt64(status.st_rdev)))
  }

  /// Bytes of the file that is open; nil when it is something else, which has no size of its own.
  var fileSize: UInt64? {
    var status = stat()
    guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return UInt64(clamping: status.st_size)
  }

  /// Whether an eventfd is open. Where there is no procfs to say it, everything counts as one.
  var isEventFD: Bool {
    var target = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/self/fd/\(number)", &target, target.count)
    guard count > 0 else { return true }
    return String(decoding: target.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self) == "anon_inode:[eventfd]"
  }

  /// `ioctl` with a structure. Nothing is recorded here: the caller says what the call means.
  func ioctl<T: BitwiseCopyable>(
    _ request: UInt, _ argument: inout T, as operation: Operation
  ) throws(DeviceError) -> Int {
    try check(withUnsafeMutablePointer(to: &argument) { cv_ioctl(number, request, $0) }, operation)
  }

  /// `ioctl` with a buffer that starts with a structure.
  func ioctl(_ request: UInt, buffer: inout [UInt8], as operation: Operation) throws(DeviceError) -> Int {
    try check(buffer.withUnsafeMutableBytes { cv_ioctl(number, request, $0.baseAddress) }, operation)
  }

  /// `ioctl` with a number.
  func ioctl(_ request: UInt, number argument: UInt = 0, as operation: Operation) throws(DeviceError) -> Int {
    try check(cv_ioctl_number(number, request, argument), operation)
  }

  /// `pread`.
  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer, as operation: Operation)
    throws(DeviceError) -> Int
  {
    try check(pread(number, buffer.baseAddress, buffer.count, off_t(bitPattern: offset)), operation)
  }

  /// `pwrite`.
  func write(at offset: UInt64, from buffer: UnsafeRawBufferPointer, as operation: Operation)
    throws(DeviceError) -> Int
  {
    try check(pwrite(number, buffer.baseAddress, buffer.count, off_t(bitPattern: offset)), operation)
  }

  /// `read`, on a stream.
  func read(into buffer: UnsafeMutableRawBufferPointer, as operation: Operation) throws(DeviceError) -> Int {
    try check(Glibc.read(number, buffer.baseAddress, buffer.count), operation)
  }

  /// `write`, on a stream.
  func write(from buffer: UnsafeRawBufferPointer, as operation: Operation) throws(DeviceError) -> Int {
    try check(Glibc.write(number, buffer.baseAddress, buffer.count), operation)
  }

  private func check(_ result: some FixedWidthInteger, _ operation: Operation) throws(DeviceError) -> Int {
    guard result >= 0 else { throw DeviceError(operation, .current) }
    return Int(result)
  }
}

extension off_t {
  fileprivate init(bitPattern offset: UInt64) { self = off_t(Int64(bitPattern: offset)) }
}
