import VFIO

/// Whether and how a device migrates.
public enum MigrationSupport {
  /// Protocol v1: it has a migration region.
  case v1(V1Interface)
  /// Protocol v2: it answers feature MIGRATION.
  case v2(V2Interface)
  /// It has neither; this is how it answered feature MIGRATION.
  case none(Errno)

  /// The interface, if there is one.
  public var interface: (any MigrationInterface)? {
    switch self {
    case .v1(let interface): interface
    case .v2(let interface): interface
    case .none: nil
    }
  }

  /// Looks for the migration region first and asks for feature MIGRATION last: some vfio-user servers lose the
  /// connection over a message they don't know.
  public static func find(on device: any Device) throws(DeviceError) -> MigrationSupport {
    let regions = try device.regions()
    if let region = regions.first(where: \.isMigration) {
      guard region.size > MigrationRegion.headerSize else {
        throw DeviceError(
          .regionInfo(index: region.index, argsz: 32),
          .malformed("the migration region has \(region.size) bytes, its registers alone have 32"))
      }
      return .v1(V1Interface(device, region: region))
    }
    do throws(DeviceError) {
      let data = try device.get(.migration, count: 8)
      let flags = V2Flags(rawValue: data.number(at: 0) ?? 0)
      return .v2(try V2Interface(device, flags: flags))
    } catch {
      guard case .refused(let errno) = error.reason, errno == .ENOTTY || errno == .EINVAL else { throw error }
      return .none(errno)
    }
  }
}
