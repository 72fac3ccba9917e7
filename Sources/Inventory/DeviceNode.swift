/// A device file in `/dev/vfio`, compared with what sysfs says of it. It was looked at, never opened.
public struct DeviceNode: Sendable, Equatable {
  /// Where it is, or would be, such as `/dev/vfio/12`. Without the root the inventory was read under.
  public let path: String
  /// The number sysfs gives for it; nil when the kernel has no such device.
  public let expected: DeviceNumber?
  /// What is there; nil when nothing is.
  public let file: File?

  /// What is found at a node's path.
  public struct File: Sendable, Equatable {
    /// Its device number; nil when it is no character device.
    public let number: DeviceNumber?
    /// The permission bits, such as 0o600.
    public let mode: UInt32
    /// The numeric user id of its owner.
    public let owner: UInt32
    /// The numeric id of its group.
    public let group: UInt32
  }

  /// Whether a node leads to the device it is named after.
  public enum State: Sendable, Equatable {
    /// It does.
    case current
    /// The kernel has the device, but there is no node for it (in a container, one that was not passed in).
    case missing
    /// Something is there, but it is not the device: it is left over from an earlier device, or is no device file.
    case stale
  }

  /// Whether the node leads to the device it is named after.
  public var state: State {
    guard let file else { return .missing }
    return file.number != nil && file.number == expected ? .current : .stale
  }
}

/// A device file's number.
public struct DeviceNumber: Sendable, Equatable, CustomStringConvertible {
  /// Which driver.
  public let major: UInt32
  /// Which of that driver's devices.
  public let minor: UInt32

  /// A number from its halves.
  public init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// `major:minor`, as sysfs writes it.
  public var description: String { "\(major):\(minor)" }

  /// Reads `major:minor`, as a `dev` file of sysfs holds it.
  init?(_ text: String) {
    let halves = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
    guard halves.count == 2, let major = halves[0], let minor = halves[1] else { return nil }
    self.init(major: major, minor: minor)
  }

  /// Splits the kernel's 64-bit form, as `st_rdev` holds it (the layout of gnu_dev_major() and gnu_dev_minor()).
  init(raw: UInt64) {
    major = UInt32(truncatingIfNeeded: raw >> 8 & 0xfff | raw >> 32 & ~0xfff)
    minor = UInt32(truncatingIfNeeded: raw & 0xff | raw >> 12 & ~0xff)
  }
}
