/// What can be asked of the descriptor behind a data session beside reading and writing: whether it is one as the
/// protocol wants it.
public enum StreamQuestion: Sendable, Equatable {
  /// `fcntl(F_GETFD)`: the number is the descriptor's flags, `FD_CLOEXEC` is 1.
  case descriptorFlags
  /// `lseek` to where the stream stands.
  case seek
  /// `pread` of `count` bytes at `offset`: the number says how many came, and they are the bytes.
  case positionedRead(offset: UInt64, count: Int)
  /// `poll` for reading, without waiting: the number is what `poll` says of the descriptor, `POLLIN` is 1; 0 is nothing.
  case readiness
  /// `VFIO_MIG_GET_PRECOPY_INFO` with this argsz, and these flags in the buffer: the bytes are the buffer afterwards.
  case precopyInfo(argsz: UInt32, flags: UInt32)
  /// An ioctl of VFIO that no data fd has: `VFIO_GET_API_VERSION`, which has no argument.
  case foreignControl
}

extension StreamQuestion: CustomStringConvertible {
  /// A few words in the system's terms.
  public var description: String {
    switch self {
    case .descriptorFlags: "F_GETFD"
    case .seek: "lseek"
    case .positionedRead(let offset, let count): "pread \(count) bytes at \(offset)"
    case .readiness: "poll POLLIN"
    case .precopyInfo(let argsz, let flags): "MIG_GET_PRECOPY_INFO argsz \(argsz) flags 0x\(hexadecimal(flags))"
    case .foreignControl: "ioctl GET_API_VERSION"
    }
  }
}

/// What became of a question.
public struct StreamReply: Sendable, Equatable {
  /// What the call returned.
  public let number: Int
  /// What it put into the buffer.
  public let bytes: [UInt8]

  /// A reply with these values.
  public init(number: Int, bytes: [UInt8] = []) {
    self.number = number
    self.bytes = bytes
  }

  /// `struct vfio_precopy_info` in the bytes; nil when they are too few.
  public var precopyInfo: PrecopyInfo? {
    guard let flags: UInt32 = bytes.number(at: 4), let initial: UInt64 = bytes.number(at: 8),
      let dirty: UInt64 = bytes.number(at: 16)
    else { return nil }
    return PrecopyInfo(flags: flags, initialBytes: initial, dirtyBytes: dirty)
  }
}

extension DataStream {
  /// `ENOTTY`: there is no descriptor behind it.
  public func ask(_ question: StreamQuestion) throws(DeviceError) -> StreamReply {
    throw DeviceError(.streamQuestion(question), .absent("there is no descriptor behind this data session"))
  }

  /// Each read was answered when it came back.
  public func askNoMore() -> Bool { false }

  /// Each write was answered when it came back.
  public func flush() throws(DeviceError) {}
}
