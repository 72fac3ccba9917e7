import CVFIO
import Glibc

/// What can be asked of a data fd beside reading and writing it.
extension FileDescriptor {
  /// Far beyond every structure that is asked for.
  private static let argszLimit: UInt32 = 4096

  /// Makes the call that a question stands for.
  func ask(_ question: StreamQuestion, as operation: Operation) throws(DeviceError) -> StreamReply {
    switch question {
    case .descriptorFlags: return try reply(fcntl(borrowed, F_GETFD), operation)
    case .seek: return try reply(lseek(borrowed, 0, SEEK_CUR), operation)
    case .positionedRead(let offset, let count):
      var bytes = [UInt8](repeating: 0, count: count)
      let got = try bytes.withUnsafeMutableBytes { bytes in
        Result { () throws(DeviceError) in try read(at: offset, into: bytes, as: operation) }
      }.get()
      return StreamReply(number: got, bytes: Array(bytes.prefix(got)))
    case .readiness: return try readiness(operation)
    case .precopyInfo(let argsz, let flags):
      // With room behind it, whatever argsz says: a driver may fill in more than that.
      let size = max(argsz, UInt32(MemoryLayout<cv_precopy_info>.size))
      var buffer = [UInt8](repeating: 0, count: Int(min(size, Self.argszLimit)))
      buffer.put(number: argsz, at: 0)
      buffer.put(number: flags, at: 4)
      let number = try ioctl(CV_MIG_GET_PRECOPY_INFO, buffer: &buffer, as: operation)
      return StreamReply(number: number, bytes: buffer)
    case .foreignControl: return StreamReply(number: try ioctl(CV_GET_API_VERSION, as: operation))
    }
  }

  private func readiness(_ operation: Operation) throws(DeviceError) -> StreamReply {
    var asked = pollfd(fd: borrowed, events: Int16(POLLIN), revents: 0)
    guard poll(&asked, 1, 0) >= 0 else { throw DeviceError(operation, .current) }
    return StreamReply(number: Int(UInt16(bitPattern: asked.revents)))
  }

  private func reply(_ result: some FixedWidthInteger, _ operation: Operation) throws(DeviceError) -> StreamReply {
    guard result >= 0 else { throw DeviceError(operation, .current) }
    return StreamReply(number: Int(result))
  }
}
