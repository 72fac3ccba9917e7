import CVFIO
import Synchronization

/// The kernel's data fd. Using it after `close` is answered as the kernel answers it: EBADF.
final class KernelStream: DataStream {
  /// Whoever makes a call holds this, so that the number is not given to another file meanwhile.
  private final class Handle: Sendable {
    let descriptor: FileDescriptor

    init(_ descriptor: consuming FileDescriptor) {
      self.descriptor = descriptor
    }
  }

  private let handle: Mutex<Handle?>

  /// Takes the descriptor and makes it non-blocking, so that a device that has nothing to give can't hold a read up for
  /// ever.
  init(_ descriptor: consuming FileDescriptor) {
    descriptor.setNonBlocking()
    handle = Mutex(Handle(descriptor))
  }

  func read(into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    let operation = Operation.streamRead(count: buffer.byteCount)
    let handle = try held(operation)
    return try buffer.withUnsafeMutableBytes { (bytes) throws(DeviceError) in
      try handle.descriptor.read(into: bytes, as: operation)
    }
  }

  func write(_ buffer: RawSpan) throws(DeviceError) -> Int {
    let operation = Operation.streamWrite(count: buffer.byteCount)
    let handle = try held(operation)
    return try buffer.withUnsafeBytes { (bytes) throws(DeviceError) in
      try handle.descriptor.write(from: bytes, as: operation)
    }
  }

  func wait(for direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(DeviceError) -> Bool {
    let operation = Operation.streamWait(direction)
    return try held(operation).descriptor.wait(for: direction, until: deadline, as: operation)
  }

  func precopyInfo() throws(DeviceError) -> PrecopyInfo {
    var info = cv_precopy_info()
    info.argsz = UInt32(MemoryLayout<cv_precopy_info>.size)
    _ = try held(.precopyInfo).descriptor.ioctl(CV_MIG_GET_PRECOPY_INFO, &info, as: .precopyInfo)
    return PrecopyInfo(flags: info.flags, initialBytes: info.initial_bytes, dirtyBytes: info.dirty_bytes)
  }

  func ask(_ question: StreamQuestion) throws(DeviceError) -> StreamReply {
    let operation = Operation.streamQuestion(question)
    return try held(operation).descriptor.ask(question, as: operation)
  }

  func close() {
    handle.withLock { $0 = nil }
  }

  private func held(_ operation: Operation) throws(DeviceError) -> Handle {
    guard let handle = handle.withLock({ $0 }) else { throw DeviceError(operation, .EBADF) }
    return handle
  }
}
