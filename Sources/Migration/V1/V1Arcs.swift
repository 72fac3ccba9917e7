import VFIO

/// What is known of a change of `device_state` in protocol v1. The document (linux/vfio.h of 5.8 to 5.17) draws five
/// flows and forbids nothing else, so what clients ask for and what implementations do is told beside it.
public struct V1Standing: OptionSet, Sendable, Equatable {
  /// The marks as bits.
  public let rawValue: UInt8
  /// These marks.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// One of the five flows that the document draws.
  public static let drawn = V1Standing(rawValue: 1 << 0)
  /// Needed to give up a migration (Alex Williamson on the kvm list, January 2022).
  public static let abort = V1Standing(rawValue: 1 << 1)
  /// QEMU 6.2 asks for it.
  public static let qemu = V1Standing(rawValue: 1 << 2)
  /// In the table of libvfio-user 0.9.1.
  public static let libvfioUser = V1Standing(rawValue: 1 << 3)
  /// Not in that table, but its code lets it through.
  public static let libvfioUserByAccident = V1Standing(rawValue: 1 << 4)
  /// The mlx5 driver as posted with protocol v1 does it.
  public static let mlx5 = V1Standing(rawValue: 1 << 5)
  /// The hisi_acc driver as posted with protocol v1 does it.
  public static let hisi = V1Standing(rawValue: 1 << 6)

  /// The marks in words, such as `drawn in the document, asked for by QEMU 6.2`.
  public var words: String {
    let all: [(V1Standing, String)] = [
      (.drawn, "drawn in the document"), (.abort, "needed to give up a migration"), (.qemu, "asked for by QEMU 6.2"),
      (.libvfioUser, "done by libvfio-user"), (.libvfioUserByAccident, "let through by libvfio-user"),
      (.mlx5, "done by mlx5 as posted"), (.hisi, "done by hisi_acc as posted"),
    ]
    return all.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
  }
}

/// The changes of protocol v1, with what stands behind each.
public enum V1Arcs {
  /// Rows: from; columns: to; both in the order of `V1State.valid`. One letter a mark, in the order of `letters`.
  private static let table: [[String]] = [
    ["LMH", "QLMH", "QMH", "MH", "MH"],
    ["aQLMH", "QLMH", "aQLMH", "aQLMH", "aQLMH"],
    ["aQLMH", "bQLMH", "QLMH", "MH", "MH"],
    ["lMH", "bQlMH", "aQLMH", "MH", "MH"],
    ["MH", "aQLMH", "MH", "MH", "LMH"],
  ]

  private static let letters: [Character: V1Standing] = [
    "a": .drawn, "b": .abort, "Q": .qemu, "L": .libvfioUser, "l": .libvfioUserByAccident, "M": .mlx5, "H": .hisi,
  ]

  /// What stands behind the change, or nil when one of the two is not a state a user may be in or ask for.
  public static func standing(from: V1State, to: V1State) -> V1Standing? {
    guard let row = V1State.valid.firstIndex(of: from.withoutReservedBits),
      let column = V1State.valid.firstIndex(of: to.withoutReservedBits)
    else { return nil }
    return table[row][column].reduce(into: V1Standing()) { $0.formUnion(letters[$1] ?? []) }
  }

  /// The changes that the document draws.
  public static let drawn: [Arc] = V1State.valid.flatMap { from in
    V1State.valid
      .filter { from != $0 && standing(from: from, to: $0)?.contains(.drawn) == true }
      .map { Arc(from: .v1(from), to: .v1($0)) }
  }
}
