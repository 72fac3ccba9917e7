import Migration
import Synchronization

/// What a device is, and what it is called: it tells whether data are for it.
struct DeviceModel: Sendable, Equatable {
  /// As the user knows it.
  var name: String
  /// PCI vendor and device, such as `15b3:101e`; nil when it has no configuration space.
  let model: String?

  /// Why a stream of this identity is not for this device, in words; nil when it may be.
  func misfit(_ identity: StreamIdentity) -> String? {
    guard let saved = identity.model, let model, saved != model else { return nil }
    return "was saved from a device \(saved), \(name) is \(model)"
  }

  /// Why this device can't take the place of another one, in words; nil when it may.
  func misfit(insteadOf source: DeviceModel) -> String? {
    guard let theirs = source.model, let model, theirs != model else { return nil }
    return "\(source.name) is a device \(theirs), \(name) is \(model)"
  }
}

extension DeviceHandle {
  /// Begins to read what the device is, unless that is known or is being read: from its configuration space, which
  /// changes nothing.
  func readModel() {
    guard status.facts != nil, status.model == nil, !isModelQueued.exchange(true, ordering: .relaxed) else { return }
    perform { handle in
      handle.withOpened { opened in
        let model = opened.kind
        handle.change { $0.model = model }
      }
      // Only now: until then it is not known, and would be asked for again.
      handle.isModelQueued.store(false, ordering: .relaxed)
    }
  }
}
