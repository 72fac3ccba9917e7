import VFIO

/// A way in which an observed device departs from the reference, as a profile names it: `NAME`, or `NAME:VALUE` where a
/// value is taken. A defect's rule is such a name too.
struct Quirk: Sendable {
  /// Makes it for a device that is found in this state. Made anew each time, because it may remember what was asked.
  typealias Maker = @Sendable (_ state: UInt32) -> Interference

  let name: String
  /// What a value behind the name looks like; nil when there is none.
  let value: String?
  /// Reads the value; nil when it is none.
  let read: @Sendable (_ value: String, Device) -> Maker?

  /// What it has to know of the device.
  struct Device: Sendable {
    let migrationProtocol: MigrationProtocol
    /// Protocol v1: where the data window begins in the region.
    let dataOffset: UInt64
  }

  static let all: [Quirk] = V1RegisterQuirks.all + V1DataQuirks.all + V1StateQuirks.all + StateQuirks.all + V2Quirks.all

  /// Reads a word of a profile.
  static func maker(_ word: String, for device: Device) throws(UnknownQuirk) -> Maker {
    if let defect = Defect.named(word, of: device.migrationProtocol) { return { _ in defect.interference() } }
    let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let quirk = all.first(where: { $0.name == parts[0] }) else {
      throw UnknownQuirk(why: "there is no quirk \(word)")
    }
    guard (parts.count == 2) == (quirk.value != nil), let maker = quirk.read(parts.count == 2 ? parts[1] : "", device)
    else {
      throw UnknownQuirk(
        why: quirk.value.map { "the quirk \(quirk.name) takes a value: \(quirk.name):\($0)" }
          ?? "the quirk \(quirk.name) takes no value")
    }
    return maker
  }
}

/// A word that names no quirk.
struct UnknownQuirk: Error {
  let why: String
}

extension Quirk {
  /// One that takes no value.
  static func plain(_ name: String, _ make: @escaping @Sendable (_ state: UInt32, Device) -> Interference) -> Quirk {
    Quirk(name: name, value: nil) { _, device in
      return { state in make(state, device) }
    }
  }

  /// One that takes the error number with which something is refused.
  static func refusal(_ name: String, _ make: @escaping @Sendable (Errno) -> Interference) -> Quirk {
    Quirk(name: name, value: "ERRNO, such as EFAULT") { text, _ in
      guard let errno = Errno(name: text) else { return nil }
      return { _ in make(errno) }
    }
  }

  /// One that takes the states in which something is otherwise; `make` gets what tells whether the device is in one.
  static func inStates(
    _ name: String, _ make: @escaping @Sendable (_ isThere: @escaping @Sendable () -> Bool) -> Interference
  ) -> Quirk {
    Quirk(name: name, value: "STATE or STATE/STATE, such as stop/stop-copy") { text, device in
      let words = text.split(separator: "/", omittingEmptySubsequences: false)
      let states = words.compactMap { device.migrationProtocol.state(named: String($0)) }
      guard states.count == words.count else { return nil }
      return { found in
        let state = Remembered(found)
        return .stacked([make { states.contains(state.now) }, .following(state, device.migrationProtocol)])
          ?? Interference()
      }
    }
  }
}

extension Interference {
  /// Nothing but an eye on the device's state. A change that failed may have led somewhere else: it is read then.
  static func following(_ state: Remembered<UInt32>, _ migrationProtocol: MigrationProtocol) -> Interference {
    var interference = Interference()
    interference.write = { call, forward in
      let answer = forward(call)
      if case .success = answer, let number = call.state { state.now = number }
      return answer
    }
    interference.feature = { call, forward in
      let answer = forward(call)
      guard let asked = call.state else { return answer }
      let now = answer.failure == nil ? asked.rawValue : forward(call.askingForState).data.number(at: 0)
      if let now { state.now = now }
      return answer
    }
    let runs: Interference.Hook<Void, Void> = { _, forward in
      let answer = forward(())
      if case .success = answer { state.now = migrationProtocol.running }
      return answer
    }
    (interference.reset, interference.reopen) = (runs, runs)
    return interference
  }
}
