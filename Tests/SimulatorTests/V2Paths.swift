import VFIO

/// The complete paths of protocol v2, as they follow from the kernel's `vfio_from_fsm_table` for each set of flags.
/// `fd` behind a path: its last step returns a new data fd.
enum V2Paths {
  struct Path: Sendable, CustomStringConvertible {
    let states: [V2State]
    let givesFD: Bool
    var from: V2State { states[0] }
    var to: V2State { states[states.count - 1] }
    var description: String { states.map(\.protocolName).joined(separator: "·") + (givesFD ? " fd" : "") }
  }

  static func paths(_ flags: UInt64) -> [Path] { (tables[flags] ?? []).compactMap(path) }

  private static let words: [Substring: V2State] = [
    "S": .stop, "R": .running, "RP": .runningP2P, "PC": .preCopy, "PP": .preCopyP2P, "SC": .stopCopy, "RS": .resuming,
  ]

  private static func path(_ text: String) -> Path {
    let parts = text.split(separator: " ")
    return Path(states: parts[0].split(separator: "·").compactMap { words[$0] }, givesFD: parts.count == 2)
  }

  private static let tables: [UInt64: [String]] = [
    1: [
      "S·R", "S·SC fd", "S·RS fd", "R·S", "R·S·SC fd", "R·S·RS fd", "SC·S", "SC·S·R", "SC·S·RS fd", "RS·S", "RS·S·R",
      "RS·S·SC fd",
    ],
    3: [
      "S·RP·R", "S·RP", "S·SC fd", "S·RS fd",
      "R·RP·S", "R·RP", "R·RP·S·SC fd", "R·RP·S·RS fd",
      "RP·S", "RP·R", "RP·S·SC fd", "RP·S·RS fd",
      "SC·S", "SC·S·RP·R", "SC·S·RP", "SC·S·RS fd",
      "RS·S", "RS·S·RP·R", "RS·S·RP", "RS·S·SC fd",
    ],
    5: [
      "S·R", "S·R·PC fd", "S·SC fd", "S·RS fd",
      "R·S", "R·PC fd", "R·S·SC fd", "R·S·RS fd",
      "PC·R·S", "PC·R", "PC·SC", "PC·R·S·RS fd",
      "SC·S", "SC·S·R", "SC·S·RS fd",
      "RS·S", "RS·S·R", "RS·S·R·PC fd", "RS·S·SC fd",
    ],
    7: [
      "S·RP·R", "S·RP", "S·RP·R·PC fd", "S·RP·PP fd", "S·SC fd", "S·RS fd",
      "R·RP·S", "R·RP", "R·PC fd", "R·RP·PP fd", "R·RP·S·SC fd", "R·RP·S·RS fd",
      "RP·S", "RP·R", "RP·R·PC fd", "RP·PP fd", "RP·S·SC fd", "RP·S·RS fd",
      "PC·R·RP·S", "PC·R", "PC·R·RP", "PC·PP", "PC·PP·SC", "PC·R·RP·S·RS fd",
      "PP·RP·S", "PP·RP·R", "PP·RP", "PP·PC", "PP·SC", "PP·RP·S·RS fd",
      "SC·S", "SC·S·RP·R", "SC·S·RP", "SC·S·RS fd",
      "RS·S", "RS·S·RP·R", "RS·S·RP", "RS·S·RP·R·PC fd", "RS·S·RP·PP fd", "RS·S·SC fd",
    ],
  ]
}
