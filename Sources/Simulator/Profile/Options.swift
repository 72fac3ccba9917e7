import VFIO

/// What makes one simulated device different from another of its profile.
struct Options: Sendable {
  /// Protocol v2: the flags of feature MIGRATION. Empty in v1, whose states need none.
  var flags: V2Flags = []
  /// Device memory, bytes.
  var size: UInt64 = 0
  /// What the memory's first contents follow from.
  var seed: UInt64 = 0
  /// v1: bytes put into the window at a time. v2: bytes of memory in a record.
  var chunk = 0
  /// v1: the data window, bytes.
  var window = 0
  /// v1: how the window is accessed.
  var map = Mapping.no
  /// v2: how many reads find nothing ready before a session's first data come.
  var stalls: UInt64 = 0
  /// v2: how long pre-copy lasts before the device begins anew with its initial data, again and again; 0 never. Only a
  /// device that was told that it may say so does it.
  var reinit: Duration = .zero
  /// Bytes a second that change while the device runs.
  var dirtyRate: UInt64 = 0
  /// Bytes a second that the running device writes to memory it was given.
  var dmaRate: UInt64 = 0
  /// Whether what it writes there is logged.
  var logging = Logging.yes
  /// Bytes a second that a data session gives; 0 for as fast as it can.
  var rate: UInt64 = 0
  /// What every state change takes.
  var latency: Duration = .zero
  /// What every access takes.
  var accessLatency: Duration = .zero
  /// Changes that fail, by the state they lead into.
  var failures: [UInt32: Failure] = [:]
  /// Bytes of a session's data after which the device fails and goes to ERROR; 0 never.
  var breaksAfter: UInt64 = 0
  /// Changes that never end, by the state they lead into.
  var hangs: Set<UInt32> = []
  /// The rule that is broken on purpose; nil when none is.
  var defect: Defect?
  /// The faults that are switched on at first, by the words that `DeviceFault` knows.
  var faults: [String] = []
  /// The state found at first.
  var state: UInt32 = 0
  /// What bad or missing data on leaving RESUMING lead to.
  var badData = BadData.error
  /// Whether RESUMING may be left when nothing was written.
  var acceptsNoData = false

  /// The ways to the data window of protocol v1.
  enum Mapping: String, Sendable, CaseIterable {
    /// Reads and writes, and a map.
    case yes
    /// Reads and writes.
    case no
    /// A map; reads and writes are refused with ENOTSUP, as SPDK's NVMe target does.
    case only
  }

  /// What a dirty page log says: in v1 the address space's, in v2 the device's own.
  enum Logging: String, Sendable, CaseIterable {
    /// The pages that were written.
    case yes
    /// There is no log.
    case no
    /// Every page, as a container says whose groups can't tell what they have pinned.
    case all
  }

  /// What a device does on leaving RESUMING when its data were bad, or not all.
  enum BadData: String, Sendable, CaseIterable {
    /// It goes to ERROR.
    case error
    /// It stays in RESUMING.
    case stay
    /// It goes on: data are looked at when they are written, and not again.
    case accept
  }

  /// How a change fails.
  struct Failure: Sendable, Equatable {
    let errno: Errno
    /// The device goes to ERROR; else it keeps its state.
    let error: Bool
  }
}

extension Options {
  /// The profile's defaults, over them what the defect needs, and over that what the address says.
  init(_ settings: [Address.Setting], of profile: Profile) throws(AddressError) {
    for (option, value) in profile.defaults {
      try set(Address.Setting(option: option, value: value), profile)
    }
    if let named = settings.first(where: { $0.option == "defect" }), profile.defaults["defect"] != nil {
      try set(named, profile)
      for (option, value) in defect?.settings ?? [:] { try set(Address.Setting(option: option, value: value), profile) }
    }
    var seen: Set<String> = []
    for setting in settings {
      guard profile.defaults[setting.option] != nil else {
        throw .unknownOption(setting.option, known: profile.defaults.keys.sorted())
      }
      guard seen.insert(setting.option).inserted || OptionTable.repeatable.contains(setting.option) else {
        throw .givenTwice(setting.option)
      }
      try set(setting, profile)
    }
    try checkTogether(profile)
  }

  private mutating func set(_ setting: Address.Setting, _ profile: Profile) throws(AddressError) {
    guard let entry = OptionTable.entries[setting.option] else {
      throw .brokenProfile(profile.name, why: "there is no option \(setting.option)")
    }
    guard entry.set(&self, setting.value, profile) else {
      throw .badValue(
        option: setting.option, value: setting.value, expected: entry.expecting(setting.value) ?? entry.expected)
    }
  }

  /// What one value means for another.
  private func checkTogether(_ profile: Profile) throws(AddressError) {
    if let place = profile.migrationRegion, map != .no, !place.dataOffset.isMultiple(of: 4096) {
      throw .badValue(option: "map", value: map.rawValue, expected: "no: the window does not begin with a page")
    }
    guard window == 0 || chunk <= window else {
      throw .badValue(option: "chunk", value: "\(chunk)", expected: "no more than the window, \(window)")
    }
    guard profile.transitions.offers(state, with: flags) else {
      let word = profile.migrationProtocol.word(for: state)
      throw .badValue(option: "state", value: word, expected: "a state that flags=\(flags.rawValue) has")
    }
  }
}
