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

  /// A region with these values.
  public init(index: UInt32, flags: Flags, size: UInt64, offset: UInt64, capabilities: [RegionCapability] = []) {
    self.index = index
    self.flags = flags
    self.size = size
    self.offset = offset
    self.capabilities = capabilities
  }
}

/// A capability of a region.
public enum RegionCapability: Sendable, Equatable {
  /// `VFIO_REGION_INFO_CAP_SPARSE_MMAP`: only these parts may be mapped.
  case sparseMap([Area])
  /// `VFIO_REGION_INFO_CAP_TYPE`: what a device specific region is; {3, 1} is the migration region.
  case type(UInt32, subtype: UInt32)
  /// Any other capability.
  case other(id: UInt16, version: UInt16)

  /// A part of a region, in bytes from the region's start.
  public struct Area: Sendable, Equatable {
    /// Bytes from the start of the region.
    public let offset: UInt64
    /// Bytes.
    public let size: UInt64
    /// The part that begins at `offset`.
    public init(offset: UInt64, size: UInt64) {
      self.offset = offset
      self.size = size
    }
  }

  static let sparseMapID: UInt16 = 1
  static let typeID: UInt16 = 2
}

extension Device {
  /// How large an answer to GET_REGION_INFO may grow: far beyond any device, small enough to allocate without care.
  private static var argszLimit: Int { 64 * 1024 }

  /// Describes a region. Asks a second time when the capabilities did not fit into the first answer (linux/vfio.h:
  /// the call then succeeds with `argsz` saying what is needed).
  public func region(_ index: UInt32) throws(DeviceError) -> Region {
    let first = try regionInfo(index, argsz: MemoryLayout<cv_region_info>.size)
    let needed = Int(first.number(UInt32.self, at: 0) ?? 0)
    guard needed > first.count else { return try Region(reply: first, to: index) }
    guard needed <= Self.argszLimit else {
      throw DeviceError(
        .regionInfo(index: index, argsz: first.count), .malformed("the answer would be \(needed) bytes long"))
    }
    return try Region(reply: try regionInfo(index, argsz: needed), to: index)
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
  init(reply: [UInt8], to index: UInt32) throws(DeviceError) {
    guard let flags: UInt32 = reply.number(at: 4), let capOffset: UInt32 = reply.number(at: 12),
      let size: UInt64 = reply.number(at: 16), let offset: UInt64 = reply.number(at: 24)
    else {
      throw DeviceError(.regionInfo(index: index, argsz: reply.count), .malformed("the answer is too short"))
    }
    let hasCapabilities = Flags(rawValue: flags).contains(.capabilities) && capOffset != 0
    let used = min(reply.count, Int(reply.number(UInt32.self, at: 0) ?? 0))
    do throws(CapabilityChain.Fault) {
      self.init(
        index: index, flags: Flags(rawValue: flags), size: size, offset: offset,
        capabilities: hasCapabilities ? try CapabilityChain.walk(Array(reply.prefix(used)), from: Int(capOffset)) : [])
    } catch {
      throw DeviceError(.regionInfo(index: index, argsz: reply.count), .malformed(error.description))
    }
  }
}
