import Glibc

/// An error number of the kernel or of a vfio-user server.
public struct Errno: RawRepresentable, Hashable, Sendable {
  /// The number, as in `<errno.h>`.
  public let rawValue: Int32

  /// The error with this number.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// What the calling thread's last failed call left behind.
  static var current: Errno { Errno(rawValue: errno) }

  /// The symbol, such as `EINVAL`; `errno 523` for a number that has none here.
  public var name: String { Self.names[rawValue] ?? "errno \(rawValue)" }

  /// The system's own words, such as `Invalid argument`.
  public var message: String {
    var text = [CChar](repeating: 0, count: 128)
    guard strerror_r(rawValue, &text, text.count) == 0 else { return name }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The error with this symbol, such as `EINVAL`.
  public init?(name: String) {
    guard let match = Self.names.first(where: { $0.value == name }) else { return nil }
    self.init(rawValue: match.key)
  }
}

extension Errno: CustomStringConvertible {
  /// `EINVAL (Invalid argument)`.
  public var description: String { "\(name) (\(message))" }
}

extension Errno {
  /// Not permitted.
  public static let EPERM = Errno(rawValue: Glibc.EPERM)
  /// No such file or entry.
  public static let ENOENT = Errno(rawValue: Glibc.ENOENT)
  /// A list is too long.
  public static let E2BIG = Errno(rawValue: Glibc.E2BIG)
  /// There is one already.
  public static let EEXIST = Errno(rawValue: Glibc.EEXIST)
  /// A sum goes beyond the largest number.
  public static let EOVERFLOW = Errno(rawValue: Glibc.EOVERFLOW)
  /// It took too long.
  public static let ETIMEDOUT = Errno(rawValue: Glibc.ETIMEDOUT)
  /// A signal interrupted the call.
  public static let EINTR = Errno(rawValue: Glibc.EINTR)
  /// The device failed.
  public static let EIO = Errno(rawValue: Glibc.EIO)
  /// The descriptor is closed, or open in the other direction.
  public static let EBADF = Errno(rawValue: Glibc.EBADF)
  /// Nothing ready yet.
  public static let EAGAIN = Errno(rawValue: Glibc.EAGAIN)
  /// No memory, or the stream is longer than the driver takes.
  public static let ENOMEM = Errno(rawValue: Glibc.ENOMEM)
  /// No permission.
  public static let EACCES = Errno(rawValue: Glibc.EACCES)
  /// A bad address; some drivers say so of a bad access too.
  public static let EFAULT = Errno(rawValue: Glibc.EFAULT)
  /// Held by somebody else.
  public static let EBUSY = Errno(rawValue: Glibc.EBUSY)
  /// The device, or the data session, is gone.
  public static let ENODEV = Errno(rawValue: Glibc.ENODEV)
  /// Not valid here.
  public static let EINVAL = Errno(rawValue: Glibc.EINVAL)
  /// The device does not know this call or feature.
  public static let ENOTTY = Errno(rawValue: Glibc.ENOTTY)
  /// A stream has no positions.
  public static let ESPIPE = Errno(rawValue: Glibc.ESPIPE)
  /// No data for now (PRE_COPY).
  public static let ENOMSG = Errno(rawValue: Glibc.ENOMSG)
  /// The other side broke the protocol.
  public static let EPROTO = Errno(rawValue: Glibc.EPROTO)
  /// There is more to tell than fits.
  public static let EMSGSIZE = Errno(rawValue: Glibc.EMSGSIZE)
  /// Not supported.
  public static let ENOTSUP = Errno(rawValue: Glibc.ENOTSUP)

  /// The symbols a device, a driver or the file system can answer with.
  private static let names: [Int32: String] = [
    Glibc.EPERM: "EPERM", Glibc.ENOENT: "ENOENT", Glibc.EINTR: "EINTR", Glibc.EIO: "EIO", Glibc.ENXIO: "ENXIO",
    Glibc.E2BIG: "E2BIG", Glibc.EBADF: "EBADF", Glibc.EAGAIN: "EAGAIN", Glibc.ENOMEM: "ENOMEM",
    Glibc.EACCES: "EACCES", Glibc.EFAULT: "EFAULT", Glibc.EBUSY: "EBUSY", Glibc.EEXIST: "EEXIST",
    Glibc.ENODEV: "ENODEV", Glibc.ENOTDIR: "ENOTDIR", Glibc.EISDIR: "EISDIR", Glibc.EINVAL: "EINVAL",
    Glibc.ENFILE: "ENFILE", Glibc.EMFILE: "EMFILE", Glibc.ENOTTY: "ENOTTY", Glibc.ENOSPC: "ENOSPC",
    Glibc.EFBIG: "EFBIG", Glibc.ESPIPE: "ESPIPE", Glibc.EROFS: "EROFS", Glibc.EPIPE: "EPIPE", Glibc.ERANGE: "ERANGE",
    Glibc.ENAMETOOLONG: "ENAMETOOLONG", Glibc.ENOSYS: "ENOSYS", Glibc.ELOOP: "ELOOP", Glibc.ENOMSG: "ENOMSG",
    Glibc.ENODATA: "ENODATA", Glibc.ETIME: "ETIME", Glibc.EPROTO: "EPROTO", Glibc.EOVERFLOW: "EOVERFLOW",
    Glibc.EMSGSIZE: "EMSGSIZE", Glibc.ENOTSUP: "EOPNOTSUPP", Glibc.ECONNRESET: "ECONNRESET",
    Glibc.ETIMEDOUT: "ETIMEDOUT", Glibc.ECONNREFUSED: "ECONNREFUSED", Glibc.EALREADY: "EALREADY",
    Glibc.ECANCELED: "ECANCELED",
  ]
}
