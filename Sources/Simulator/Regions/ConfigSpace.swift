import VFIO

/// The PCI configuration space: 256 bytes, no capabilities. It answers in every migration state.
struct ConfigSpace: Sendable {
  static let size = 256
  /// What a write changes: the command register and the interrupt line. The rest is read only.
  private static let writable: Set<Int> = [0x04, 0x05, 0x3C]

  private(set) var bytes = [UInt8](repeating: 0, count: Self.size)

  init(_ identity: Profile.Identity) {
    bytes.put(number: identity.vendor, at: 0x00)
    bytes.put(number: identity.device, at: 0x02)
    bytes.put(number: identity.classCode << 8 | UInt32(identity.revision), at: 0x08)
    // BAR0: 64 bits wide, prefetchable.
    bytes.put(number: UInt32(0xC), at: 0x10)
    bytes.put(number: identity.subsystemVendor, at: 0x2C)
    bytes.put(number: identity.subsystem, at: 0x2E)
  }

  mutating func write(_ source: [UInt8], at offset: Int) {
    for (index, byte) in source.enumerated() where Self.writable.contains(offset + index) {
      bytes[offset + index] = byte
    }
  }
}
