/// The numbers of both migration protocols, as linux/vfio.h gives them. The two protocols use the same words with other
/// numbers, so each has a type of its own: zeroed memory reads as STOP in v1 and as ERROR in v2.
public enum MigrationRegion {
  /// `VFIO_REGION_TYPE_MIGRATION` (now `…_DEPRECATED`).
  public static let type: UInt32 = 3
  /// `VFIO_REGION_SUBTYPE_MIGRATION`.
  public static let subtype: UInt32 = 1
  /// The registers of `struct vfio_device_migration_info`: offsets in the region, bytes.
  public enum Register {
    /// u32, read and write: the control register.
    public static let deviceState: UInt64 = 0
    /// u32: reads return zero, writes are ignored.
    public static let reserved: UInt64 = 4
    /// u64, read only: bytes still to be migrated.
    public static let pendingBytes: UInt64 = 8
    /// u64, read only: where the data window lies in the region.
    public static let dataOffset: UInt64 = 16
    /// u64: length of the chunk in the window; read while saving, written while resuming.
    public static let dataSize: UInt64 = 24
  }
  /// Which of them it is.
  enum RegisterName: Sendable {
    case deviceState, reserved, pendingBytes, dataOffset, dataSize

    /// As linux/vfio.h has it.
    var name: String {
      switch self {
      case .deviceState: "device_state"
      case .reserved: "reserved"
      case .pendingBytes: "pending_bytes"
      case .dataOffset: "data_offset"
      case .dataSize: "data_size"
      }
    }
  }
  /// Where the registers end and the data section may begin.
  public static let headerSize: UInt64 = 32
}

extension Region {
  /// The register of protocol v1 at this offset.
  func register(at offset: UInt64) -> MigrationRegion.RegisterName? {
    guard isMigration else { return nil }
    return switch offset {
    case MigrationRegion.Register.deviceState: .deviceState
    case MigrationRegion.Register.reserved: .reserved
    case MigrationRegion.Register.pendingBytes: .pendingBytes
    case MigrationRegion.Register.dataOffset: .dataOffset
    case MigrationRegion.Register.dataSize: .dataSize
    default: nil
    }
  }
}

/// The `device_state` register of protocol v1: three bits, the others reserved.
public struct V1State: OptionSet, Hashable, Sendable {
  /// The number as the device gives it.
  public let rawValue: UInt32
  /// The register's value, reserved bits included.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// `VFIO_DEVICE_STATE_RUNNING`.
  public static let runningBit = V1State(rawValue: 1 << 0)
  /// `VFIO_DEVICE_STATE_SAVING`.
  public static let savingBit = V1State(rawValue: 1 << 1)
  /// `VFIO_DEVICE_STATE_RESUMING`.
  public static let resumingBit = V1State(rawValue: 1 << 2)
  /// `VFIO_DEVICE_STATE_MASK`.
  public static let mask: UInt32 = 7

  /// Stopped, no data session.
  public static let stop: V1State = []
  /// Runs; the default.
  public static let running: V1State = .runningBit
  /// Stopped, gives its data.
  public static let stopCopy: V1State = .savingBit
  /// Runs and gives data.
  public static let preCopy: V1State = [.savingBit, .runningBit]
  /// Stopped, takes data.
  public static let resuming: V1State = .resumingBit
  /// Only a reset helps.
  public static let error: V1State = [.savingBit, .resumingBit]

  /// The five states a user may ask for, in the register's order.
  public static let valid: [V1State] = [.stop, .running, .stopCopy, .preCopy, .resuming]

  /// The low three bits; the reserved ones are to be preserved, they are no part of the state.
  public var withoutReservedBits: V1State { V1State(rawValue: rawValue & Self.mask) }

  /// Our word for the state, or the number as `0x…`.
  public var name: String { Self.names[rawValue]?.ours ?? "0x" + String(rawValue, radix: 16) }

  /// The protocol's spelling.
  public var protocolName: String { Self.names[rawValue]?.protocol ?? "invalid" }

  /// The state with this word of ours.
  public init?(name: String) {
    guard let match = Self.names.first(where: { $0.value.ours == name }) else { return nil }
    self.init(rawValue: match.key)
  }

  private static let names: [UInt32: (ours: String, protocol: String)] = [
    0: ("stop", "_STOP"), 1: ("running", "_RUNNING"), 2: ("stop-copy", "_SAVING"),
    3: ("pre-copy", "_SAVING|_RUNNING"), 4: ("resuming", "_RESUMING"), 6: ("error", "_SAVING|_RESUMING"),
  ]
}

/// `enum vfio_device_mig_state` of protocol v2. Numbers from 8 on are for states yet to come and are kept as they are.
public struct V2State: RawRepresentable, Hashable, Sendable {
  /// The number as the device gives it.
  public let rawValue: UInt32
  /// The state with this number, known or not.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Only a reset helps.
  public static let error = V2State(rawValue: 0)
  /// Stopped, no data session.
  public static let stop = V2State(rawValue: 1)
  /// Runs; the default.
  public static let running = V2State(rawValue: 2)
  /// Stopped, gives its data.
  public static let stopCopy = V2State(rawValue: 3)
  /// Stopped, takes data.
  public static let resuming = V2State(rawValue: 4)
  /// Runs, starts no new peer-to-peer DMA.
  public static let runningP2P = V2State(rawValue: 5)
  /// Runs and gives data.
  public static let preCopy = V2State(rawValue: 6)
  /// PRE_COPY without new peer-to-peer DMA.
  public static let preCopyP2P = V2State(rawValue: 7)

  /// All states the protocol names, in its order.
  public static let known: [V2State] = (0..<UInt32(names.count)).map(V2State.init(rawValue:))

  /// Our word for the state, or the number as `0x…`.
  public var name: String { isKnown ? Self.names[Int(rawValue)].ours : "0x" + String(rawValue, radix: 16) }

  /// The protocol's spelling, without `VFIO_DEVICE_STATE_`.
  public var protocolName: String { isKnown ? Self.names[Int(rawValue)].protocol : "unknown" }

  /// The state with this word of ours.
  public init?(name: String) {
    guard let index = Self.names.firstIndex(where: { $0.ours == name }) else { return nil }
    self.init(rawValue: UInt32(index))
  }

  private var isKnown: Bool { rawValue < Self.names.count }

  private static let names: [(ours: String, protocol: String)] = [
    ("error", "ERROR"), ("stop", "STOP"), ("running", "RUNNING"), ("stop-copy", "STOP_COPY"),
    ("resuming", "RESUMING"), ("running-p2p", "RUNNING_P2P"), ("pre-copy", "PRE_COPY"),
    ("pre-copy-p2p", "PRE_COPY_P2P"),
  ]
}

/// The flags of feature MIGRATION: which optional states a device of protocol v2 has.
public struct V2Flags: OptionSet, Hashable, Sendable {
  /// The number as the device gives it.
  public let rawValue: UInt64
  /// The flags word.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// STOP, STOP_COPY and RESUMING are there; always set.
  public static let stopCopy = V2Flags(rawValue: 1 << 0)
  /// RUNNING_P2P is there.
  public static let p2p = V2Flags(rawValue: 1 << 1)
  /// PRE_COPY is there.
  public static let preCopy = V2Flags(rawValue: 1 << 2)

  /// The set flags' words, such as `stop-copy`.
  public var names: [String] {
    [(Self.stopCopy, "stop-copy"), (.p2p, "p2p"), (.preCopy, "pre-copy")].filter { contains($0.0) }.map(\.1)
  }
}

/// `struct vfio_precopy_info`: estimates, in bytes.
public struct PrecopyInfo: Sendable, Equatable {
  /// `VFIO_PRECOPY_INFO_REINIT` and others; only meaningful after SET of feature MIG_PRECOPY_INFOv2.
  public let flags: UInt32
  /// What is left of the data a target needs at first.
  public let initialBytes: UInt64
  /// What has changed since.
  public let dirtyBytes: UInt64

  /// `VFIO_PRECOPY_INFO_REINIT`: there is new initial data on the stream, whatever was said before.
  public static let reinit: UInt32 = 1 << 0

  /// Estimates with these values.
  public init(flags: UInt32 = 0, initialBytes: UInt64, dirtyBytes: UInt64) {
    self.flags = flags
    self.initialBytes = initialBytes
    self.dirtyBytes = dirtyBytes
  }
}
