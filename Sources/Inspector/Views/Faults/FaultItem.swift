import Rulebook
import Terminal
import VFIO

/// A fault that can be chosen: one that a user makes, or one of the device's own with what is on of it.
enum FaultItem {
  case user(UserFault)
  case device(DeviceFault, on: [String])

  /// Those there are for a device; those of its own only where they can be switched.
  static func all(for status: DeviceStatus) -> [FaultItem] {
    guard let facts = status.facts else { return [] }
    let own = status.faults.map { words in
      DeviceFault.live.filter { $0.applies(to: facts.protocol) }.map { fault in
        FaultItem.device(fault, on: words.filter { DeviceFault.named($0)?.name == fault.name })
      }
    }
    return UserFault.all.filter { $0.applies(to: facts.protocol.rules) }.map(FaultItem.user) + (own ?? [])
  }

  var isOfDevice: Bool { if case .device = self { true } else { false } }

  var name: String {
    switch self {
    case .user(let fault): fault.name
    case .device(let fault, _): fault.name
    }
  }

  /// What is done, or what the device does.
  var what: String {
    switch self {
    case .user(let fault): fault.what
    case .device(let fault, _): fault.what
    }
  }

  /// What the other side is expected to make of it.
  var expected: String {
    switch self {
    case .user(let fault): fault.expected
    case .device(let fault, _): fault.expected
    }
  }

  /// How bad it is, or whether it is on.
  var mark: (word: String, style: Style) {
    switch self {
    case .user(let fault): (fault.harm.rawValue, fault.harm.style)
    case .device(_, let words): words.isEmpty ? ("off", .dim) : ("on", .warning)
    }
  }

  /// What else there is to know before it is chosen.
  var note: (words: String, style: Style)? {
    switch self {
    case .user(let fault): ("The device \(fault.harm.warning).", fault.harm.style)
    case .device(_, let words) where !words.isEmpty: ("On: \(words.joined(separator: ", ")).", .warning)
    case .device(let fault, _): fault.value.map { ("Takes a value: \($0), such as \(fault.example ?? $0).", .dim) }
    }
  }

  /// What Enter does.
  var action: String {
    switch self {
    case .user: "do it"
    case .device(_, let words): words.isEmpty ? "switch on" : "switch off"
    }
  }
}

extension Rule.Harm {
  /// How it is written.
  var style: Style {
    switch self {
    case .none, .perturb: .dim
    case .lose: .warning
    case .crash: .danger
    }
  }
}
