import Synchronization
import VFIO

/// Keeps every access, for a test to look at.
package final class Recording: AccessRecorder {
  private let kept = Mutex<[Access]>([])

  /// An empty one.
  package init() {}

  package func record(_ access: Access) { kept.withLock { $0.append(access) } }

  /// All accesses so far.
  package var accesses: [Access] { kept.withLock { $0 } }
}
