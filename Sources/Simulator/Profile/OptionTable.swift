import VFIO

/// How each option's value is written and what it sets. A profile says which options it has by giving them defaults.
enum OptionTable {
  struct Entry: Sendable {
    /// What a value looks like, for messages.
    let expected: String
    /// Takes the value, or says false when it is none.
    let set: @Sendable (inout Options, String, Profile) -> Bool
    /// What a value looks like that begins as this wrong one does; nil when that is not known.
    var expecting: @Sendable (String) -> String? = { _ in nil }
  }

  /// Options that may be given more than once.
  static let repeatable: Set<String> = ["fail", "hang", "fault"]

  static let entries: [String: Entry] = [
    "flags": Entry(expected: "1, 3, 5 or 7") { options, text, _ in
      guard let number = Quantity.number(text), [1, 3, 5, 7].contains(number) else { return false }
      options.flags = V2Flags(rawValue: number)
      return true
    },
    "size": size("4K to 1024G, in whole pages of 4K", in: DeviceMemory.sizes, of: 4096) { $0.size = $1 },
    "seed": Entry(expected: "a number") { options, text, _ in
      guard let number = Quantity.number(text) else { return false }
      options.seed = number
      return true
    },
    "chunk": size("1 to 16M", in: 1...(16 << 20)) { $0.chunk = Int($1) },
    "window": size("4K to 1G, in whole pages of 4K", in: 4096...(1 << 30), of: 4096) { $0.window = Int($1) },
    "dirty": size("bytes a second, up to 1024G", in: 0...(1 << 40)) { $0.dirtyRate = $1 },
    "dma": size("bytes a second, up to 1024G", in: 0...(1 << 40)) { $0.dmaRate = $1 },
    "logging": Entry(expected: "yes, no or all") { options, text, _ in
      guard let logging = Options.Logging(rawValue: text) else { return false }
      options.logging = logging
      return true
    },
    "rate": size("bytes a second, up to 1024G", in: 0...(1 << 40)) { $0.rate = $1 },
    "break": size("bytes of data, up to 1024G", in: 0...(1 << 40)) { $0.breaksAfter = $1 },
    "latency": time { $0.latency = $1 },
    "access-latency": time { $0.accessLatency = $1 },
    "reinit": time { $0.reinit = $1 },
    "map": Entry(expected: "yes, no or only") { options, text, _ in
      guard let map = Options.Mapping(rawValue: text) else { return false }
      options.map = map
      return true
    },
    "stall": Entry(expected: "a number of reads") { options, text, _ in
      guard let number = Quantity.number(text) else { return false }
      options.stalls = number
      return true
    },
    "bad-data": Entry(expected: "error, stay or accept") { options, text, _ in
      guard let badData = Options.BadData(rawValue: text) else { return false }
      options.badData = badData
      return true
    },
    "no-data": choice("accept", "refuse") { $0.acceptsNoData = $1 },
    "state": Entry(expected: "a state's name, such as running or stop-copy") { options, text, profile in
      guard let state = profile.state(text) else { return false }
      options.state = state
      return true
    },
    "defect": Entry(expected: "the name of a rule that a device can break, such as V1-ACC-05 or V2-DISC-05, or none") {
      options, text, profile in
      guard text != "none" else { return true }
      options.defect = Defect.named(text.uppercased(), of: profile.migrationProtocol)
      return options.defect != nil
    },
    "fault": Entry(
      expected: "a fault of this protocol, such as short-reads:7, or none", set: setFault, expecting: formOfFault),
    "fail": Entry(expected: "STATE:ERRNO or STATE:ERRNO:error, such as stop-copy:EIO, or none", set: setFailure),
    "hang": Entry(expected: "a state's name, such as stop-copy, or none") { options, text, profile in
      guard text != "none" else { return true }
      guard let state = profile.state(text) else { return false }
      options.hangs.insert(state)
      return true
    },
  ]

  @Sendable private static func setFault(_ options: inout Options, _ text: String, _ profile: Profile) -> Bool {
    guard text != "none" else { return true }
    let own = profile.migrationProtocol.rawValue
    guard let fault = DeviceFault.named(text), fault.protocols.contains(where: { $0.rawValue == own }),
      (try? DeviceFault.interference(text)) != nil
    else { return false }
    options.faults.append(text)
    return true
  }

  @Sendable private static func formOfFault(_ text: String) -> String? {
    guard let fault = DeviceFault.named(text) else { return nil }
    let isWellFormed = (try? DeviceFault.interference(text)) != nil
    return isWellFormed ? "a fault of this protocol, which \(fault.name) is not" : fault.word + fault.suchAs
  }

  private static func setFailure(_ options: inout Options, _ text: String, _ profile: Profile) -> Bool {
    guard text != "none" else { return true }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 || parts.count == 3 && parts[2] == "error",
      let state = profile.state(parts[0]), let errno = Errno(name: parts[1])
    else { return false }
    options.failures[state] = Options.Failure(errno: errno, error: parts.count == 3)
    return true
  }

  private static func size(
    _ expected: String, in range: ClosedRange<UInt64>, of unit: UInt64 = 1,
    _ set: @escaping @Sendable (inout Options, UInt64) -> Void
  ) -> Entry {
    Entry(expected: expected) { options, text, _ in
      guard let bytes = Quantity.bytes(text), range.contains(bytes), bytes.isMultiple(of: unit) else { return false }
      set(&options, bytes)
      return true
    }
  }

  private static func time(_ set: @escaping @Sendable (inout Options, Duration) -> Void) -> Entry {
    Entry(expected: "a time with its unit, such as 50us, 20ms or 3s, up to an hour") { options, text, _ in
      guard let duration = Quantity.time(text) else { return false }
      set(&options, duration)
      return true
    }
  }

  private static func choice(
    _ yes: String, _ no: String, _ set: @escaping @Sendable (inout Options, Bool) -> Void
  ) -> Entry {
    Entry(expected: "\(yes) or \(no)") { options, text, _ in
      guard text == yes || text == no else { return false }
      set(&options, text == yes)
      return true
    }
  }
}

extension Profile {
  /// The number of the state with this word, if the device knows it.
  fileprivate func state(_ word: String) -> UInt32? {
    migrationProtocol.state(named: word).flatMap { transitions.states[$0] == nil ? nil : $0 }
  }
}
