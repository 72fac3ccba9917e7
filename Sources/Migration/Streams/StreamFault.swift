import Glibc
import VFIO

/// Why a stream can't be written, read or used.
public struct StreamFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// What sort of fault it is.
  public enum Kind: Sendable, Equatable {
    /// It is no stream file.
    case foreign
    /// There is nothing in it.
    case empty
    /// It is a stream file of a version that this program does not know.
    case otherVersion
    /// It ends before its trailer: it was cut off, or is still being written.
    case unfinished
    /// It is not what was written: a checksum, a count or a length does not fit.
    case altered
    /// A call failed with this number.
    case system(Errno)
    /// There is a file of this name already, which nobody allowed to be replaced.
    case taken
    /// We don't do it, for example because it is not a plain file.
    case refused
    /// It stood still, and nobody waits for it any longer.
    case givenUp
  }

  /// The file, as it was named.
  public let path: String
  /// Where in the file, in bytes from its start; nil when the place says nothing.
  public let offset: UInt64?
  /// What sort of fault it is.
  public let kind: Kind
  /// What is wrong, in plain words.
  public let reason: String

  init(_ path: String, at offset: UInt64? = nil, _ kind: Kind, _ reason: String) {
    self.path = path
    self.offset = offset
    self.kind = kind
    self.reason = reason
  }

  /// The calling thread's last call failed: `call` says which it was.
  static func failed(_ call: String, _ path: String, at offset: UInt64? = nil) -> StreamFault {
    let number = Errno(rawValue: Glibc.errno)
    return StreamFault(path, at: offset, .system(number), "\(call): \(number)")
  }

  /// The number of the call that failed; nil when the fault is another.
  public var errno: Errno? {
    if case .system(let number) = kind { number } else { nil }
  }

  /// One line: the file, the place, the reason.
  public var description: String {
    let place = offset.map { " at byte \($0):" } ?? ""
    return "\(path):\(place) \(reason)"
  }
}
