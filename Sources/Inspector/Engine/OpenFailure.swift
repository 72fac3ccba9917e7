import VFIO

/// Why a device could not be opened: one line that says what was wrong, and what to do.
public struct OpenFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// Who is at fault.
  public enum Kind: Sendable, Equatable {
    /// The name: there is no such device, or it can't be one.
    case name
    /// The device or the system said no.
    case refused
  }

  /// Who is at fault.
  public let kind: Kind
  /// One line.
  public let description: String
  /// The number the system gave.
  public let errno: Errno?

  init(_ kind: Kind, _ description: String, errno: Errno? = nil) {
    self.kind = kind
    self.description = description
    self.errno = errno
  }
}
