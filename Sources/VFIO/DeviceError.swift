/// A device, or the kernel in front of it, did not do what was asked.
public struct DeviceError: Error, Sendable, Equatable {
  /// What went wrong. Behind a pointer, since every access has room for one and few have one.
  public indirect enum Reason: Sendable, Equatable {
    /// The call failed with this number.
    case refused(Errno)
    /// There is no such thing here, as with `ENOTTY`; the text says why.
    case absent(String)
    /// The call succeeded but moved fewer bytes than a register has.
    case short(expected: Int, got: Int)
    /// The driver wrote beyond the buffer it was given.
    case overran(count: Int)
    /// The answer can't be understood; the text says why.
    case malformed(String)
    /// The connection to the device is gone, or can't be used any more.
    case lost(WireError)
    /// The server refused it and gave no number.
    case unexplained
  }

  /// What was tried.
  public let operation: Operation
  /// Why it failed.
  public let reason: Reason

  /// An error of this operation.
  public init(_ operation: Operation, _ reason: Reason) {
    self.operation = operation
    self.reason = reason
  }

  /// An error of this operation that the other side answered with a number.
  public init(_ operation: Operation, _ errno: Errno) {
    self.init(operation, .refused(errno))
  }

  /// The number of the failed call, if it was a number that came back.
  public var errno: Errno? { reason.errno }
}

extension DeviceError.Reason {
  /// The number that came back, if it was a number.
  public var errno: Errno? {
    // Every case named: with `if case`, the optimizer of Swift 6.3.1 crashes where this is inlined into a catch.
    switch self {
    case .refused(let errno): errno
    case .absent: .ENOTTY
    case .short, .overran, .malformed, .lost, .unexplained: nil
    }
  }
}

/// Makes a call, and takes some answers for "not there" instead of an error.
///
/// - Returns: what the call returned, or nil when it was refused with one of these numbers.
func unless<R>(_ errnos: Errno..., call: () throws(DeviceError) -> R) throws(DeviceError) -> R? {
  do throws(DeviceError) {
    return try call()
  } catch {
    if let errno = error.errno, errnos.contains(errno) { return nil }
    throw error
  }
}

extension DeviceError: CustomStringConvertible {
  /// One line: what was tried, and what came back.
  public var description: String { "\(operation): \(reason)" }
}

extension DeviceError.Reason: CustomStringConvertible {
  /// What came back, in a few words.
  public var description: String {
    switch self {
    case .refused(let errno): "\(errno)"
    case .absent(let why): "\(Errno.ENOTTY.name): \(why)"
    case .short(let expected, let got): "\(got) of \(expected) bytes came back"
    case .overran(let count): "the driver wrote beyond a buffer of \(count) bytes"
    case .malformed(let why): why
    case .unexplained: "refused, without an error number"
    case .lost(let error): "the connection is lost: \(error)"
    }
  }
}
