import VFIO

/// The PCI configuration space: a header of type 0 in 256 bytes, no capabilities. It answers in every migration state.
struct ConfigSpace: Sendable {
  static let size = 256

  private(set) var bytes = [UInt8](repeating: 0, count: Self.size)
  /// The bits that a write changes. The rest is read only.
  private var writable = [UInt8](repeating: 0, count: Self.size)
  /// Whether a user has written the command register: who does not know PCI finds a device that somebody has set up.
  private var isManaged = false

  private static let command = 0x04

  /// Whether the device may write to memory: the bus master bit of the command register. A device that wrote without it
  /// would write over a guest's memory before its driver is there.
  var mastersBus: Bool { !isManaged || bytes[Self.command] & 4 != 0 }

  /// - Parameter memorySize: bytes behind BAR0.
  init(_ identity: Profile.Identity, memorySize: UInt64) {
    bytes.put(number: identity.vendor, at: 0x00)
    bytes.put(number: identity.device, at: 0x02)
    bytes.put(number: identity.classCode << 8 | UInt32(identity.revision), at: 0x08)
    bytes.put(number: identity.subsystemVendor, at: 0x2C)
    bytes.put(number: identity.subsystem, at: 0x2E)
    // The interrupt pin: INTA.
    bytes[0x3D] = 1
    // The command register and the interrupt line.
    writable.put(number: UInt16.max, at: Self.command)
    writable[0x3C] = 0xFF
    // BAR0: 64 bits wide, prefetchable. Its low bits stay: after a write of ones they tell how large it is.
    bytes.put(number: UInt64(0xC), at: 0x10)
    writable.put(number: ~(Self.roundedUp(memorySize) - 1), at: 0x10)
  }

  mutating func write(_ source: [UInt8], at offset: Int) {
    for (place, byte) in zip(offset..., source) {
      bytes[place] = bytes[place] & ~writable[place] | byte & writable[place]
      if place == Self.command { isManaged = true }
    }
  }

  /// What a reset leaves: nothing that was written.
  mutating func reset(to fresh: ConfigSpace) {
    let isManaged = isManaged
    self = fresh
    self.isManaged = isManaged
  }

  /// A BAR's size is a power of two.
  private static func roundedUp(_ size: UInt64) -> UInt64 {
    1 << (UInt64.bitWidth - (size - 1).leadingZeroBitCount)
  }
}
