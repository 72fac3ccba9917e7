/// What can go wrong between the two ends of a vfio-user socket, whatever the message is about.
public enum WireError: Error, Sendable, Equatable {
  /// The other side has closed the socket, or is gone.
  case closed
  /// Nothing came, or nothing could be sent, until the deadline.
  case timedOut
  /// A call failed.
  case system(Errno)
  /// The message can't be understood; the text says why. What follows on the socket can't be either.
  case malformed(String)
}

extension WireError: CustomStringConvertible {
  /// A few words.
  public var description: String {
    switch self {
    case .closed: "the other side has closed the socket"
    case .timedOut: "no answer in time"
    case .system(let errno): "\(errno)"
    case .malformed(let why): why
    }
  }
}
