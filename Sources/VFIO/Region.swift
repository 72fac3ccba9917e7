import CVFIO

/// A region of a device: `struct vfio_region_info` and the capabilities behind it.
public struct Region: Sendable, Equatable {
  /// `VFIO_REGION_INFO_FLAG_READ` and its neighbours.
  public struct Flags: OptionSet, Sendable {
    /// The flags word.
    public let rawValue: UInt32
    /// The flags word.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// It may be read.
    public static let read = Flags(rawValue: 1 << 0)
    /// It may be written.
    public static let write = Flags(rawValue: 1 << 1)
    /// All of it, or the parts that a capability names, may be mapped.
    public static let map = Flags(rawValue: 1 << 2)
    /// Capabilities follow the description.
    public static let capabilities = Flags(rawValue: 1 << 3)
  }

  /// The region's number.
  public let index: UInt32
  /// What may be done with it.
  public let flags: Flags
  /// Bytes.
  public let size: UInt64
  /// Where it lies on the device's descriptor; addresses are this plus the offset in the region, never computed.
  public let offset: UInt64
  /// What the region says of itself.
  public let capabilities: [RegionCapability]
  /// Whether this is the region of protocol v1: the capability says so, not the number.
  public let isMigration: Bool

  /// A region with these values.
  public init(index: UInt32, flags: Flags, size: UInt64, offset: UInt64, capabilities: [RegionCapability] = []) {
    self.index = index
    self.flags = flags
    self.size = size
    self.offset = offset
    self.capabilities = capabilities
    // Every access to a region asks for it.
    isMigration = capabilities.contains(.type(MigrationRegion.type, subtype: MigrationRegion.subtype))
  }
}

extension Region {
  /// `VFIO_PCI_CONFIG_REGION_INDEX`: the configuration space of a PCI device.
  public static let pciConfigIndex: UInt32 = 7
}

extension Device {
  /// Describes a region. Asks a second time when the capabilities did not fit into the first answer.
  public func region(_ index: UInt32) throws(DeviceError) -> Region {
    let size = MemoryLayout<cv_region_info>.size
    let reply = try CapabilityChain.ask(.regionInfo(index: index, argsz: size), fixed: size) {
      (argsz) throws(DeviceError) in try regionInfo(index, argsz: argsz)
    }
    return try Region(reply: reply, to: index)
  }

  /// All regions the device says it has. A region that it refuses to describe is left out.
  public func regions() throws(DeviceError) -> [Region] {
    var found: [Region] = []
    // 256 is far beyond every device; a count read from the device must not decide how long this takes.
    for index in 0..<min(try info().regionCount, 256) {
      if let region = try unless(.EINVAL, call: { () throws(DeviceError) in try region(index) }) {
        found.append(region)
      }
    }
    return found
  }
}

extension Region {
  /// Understands the answer to GET_REGION_INFO.
  public init(reply: [UInt8], to index: UInt32) throws(DeviceError) {
    guard let flags: UInt32 = reply.number(at: 4), let capOffset: UInt32 = reply.number(at: 12),
      let size: UInt64 = reply.number(at: 16), let offset: UInt64 = reply.number(at: 24)
    else {
      throw DeviceError(.regionInfo(index: index, argsz: reply.count), .malformed("the answer is too short"))
    }
    let hasCapabilities = Flags(rawValue: flags).contains(.capabilities)
    do throws(CapabilityChain.Fault) {
      self.init(
        index: index, flags: Flags(rawValue: flags), size: size, offset: offset,
        capabilities: hasCapabilities ? try Self.capabilities(in: reply, from: capOffset) : [])
    } catch {
      throw DeviceError(.regionInfo(index: index, argsz: reply.count), .malformed(error.description))
    }
  }

  private static func capabilities(
    in reply: [UInt8], from start: UInt32
  ) throws(CapabilityChain.Fault) -> [RegionCapability] {
    try CapabilityChain.walk(reply, from: start, behind: MemoryLayout<cv_region_info>.size).map {
      (link) throws(CapabilityChain.Fault) in try RegionCapability(link, in: reply)
    }
  }
}
