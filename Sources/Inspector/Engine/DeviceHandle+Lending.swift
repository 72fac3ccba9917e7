import Dispatch
import Migration
import Synchronization

extension DeviceHandle {
  /// Lends devices to `body` for as long as it takes; they are shown as being at work with `name`. It is called on a
  /// queue of theirs with those that are open, in the same order. Afterwards each is looked at.
  static func lend(
    _ handles: [DeviceHandle], for name: String, _ body: @escaping @Sendable ([OpenedDevice]) -> Void
  ) {
    // All at once: nothing else may be asked of one while another is still waited for.
    for handle in handles { handle.begin(name) }
    lend(handles[...], after: [], body)
  }

  private static func lend(
    _ handles: ArraySlice<DeviceHandle>, after lent: [Loan], _ body: @escaping @Sendable ([OpenedDevice]) -> Void
  ) {
    guard let next = handles.first else { return body(lent.map(\.device)) }
    let isBack = DispatchSemaphore(value: 0)
    next.perform { handle in
      handle.opened.withLock { opened in
        lend(handles.dropFirst(), after: lent + (opened.map { [Loan(device: $0)] } ?? []), body)
      }
      handle.change { $0.lastStep = handle.journal.lastStep ?? $0.lastStep }
      handle.observe()
      handle.change { $0.work = nil }
      isBack.signal()
    }
    // The queues of the devices before this one stand still meanwhile.
    if handles.startIndex > 0 { isBack.wait() }
  }

  /// A device that its queue does not touch until it is given back.
  private struct Loan: @unchecked Sendable {
    let device: OpenedDevice
  }
}
