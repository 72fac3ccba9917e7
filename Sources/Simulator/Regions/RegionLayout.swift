import VFIO

/// The regions of a simulated device: BAR0 is the device's memory, 7 the configuration space, and in protocol v1 there
/// is the migration region.
struct RegionLayout {
  static let memoryIndex: UInt32 = 0
  static let configIndex: UInt32 = 7
  /// `VFIO_PCI_NUM_REGIONS`: those that every PCI device has.
  private static let fixedCount: UInt32 = 9
  private static let vgaIndex: UInt32 = 8

  let profile: Profile
  let options: Options

  var count: UInt32 { max(Self.fixedCount, (profile.migrationRegion?.index).map { $0 + 1 } ?? 0) }

  /// The region's description. A PCI device without VGA refuses that region and has the others empty.
  func region(_ index: UInt32) throws(Refusal) -> Region {
    guard index < count, index != Self.vgaIndex else { throw Refusal(.EINVAL) }
    // The kernel's own spacing.
    let offset = UInt64(index) << 40
    switch index {
    case Self.memoryIndex:
      return Region(index: index, flags: [.read, .write], size: options.size, offset: offset)
    case Self.configIndex:
      return Region(index: index, flags: [.read, .write], size: UInt64(ConfigSpace.size), offset: offset)
    case profile.migrationRegion?.index:
      return migrationRegion(index, offset)
    default:
      return Region(index: index, flags: [], size: 0, offset: offset)
    }
  }

  private func migrationRegion(_ index: UInt32, _ offset: UInt64) -> Region {
    let dataOffset = profile.migrationRegion?.dataOffset ?? 0
    let window = UInt64(options.window)
    var flags: Region.Flags = [.read, .write, .capabilities]
    var capabilities = [RegionCapability.type(MigrationRegion.type, subtype: MigrationRegion.subtype)]
    if options.map != .no {
      flags.insert(.map)
      capabilities.append(.sparseMap([.init(offset: dataOffset, size: window)]))
    }
    return Region(index: index, flags: flags, size: dataOffset + window, offset: offset, capabilities: capabilities)
  }
}
