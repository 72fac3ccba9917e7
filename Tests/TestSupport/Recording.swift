import Synchronization
import VFIO

/// Keeps every access, for a test to look at.
public final class Recording: AccessRecorder {
  private let kept = Mutex<[Access]>([])

  /// An empty one.
  public init() {}

  public func record(_ access: Access) { kept.withLock { $0.append(access) } }

  /// All accesses so far.
  public var accesses: [Access] { kept.withLock { $0 } }
}
