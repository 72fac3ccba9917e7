import Migration
import VFIO

/// A device that has been opened, and the session that looks at its migration.
public struct OpenedDevice {
  /// The name it was opened by.
  public let reference: DeviceReference
  /// The way to it: `cdev`, `group` or `simulator`.
  public let way: String
  /// What GET_INFO says.
  public let info: DeviceInfo
  /// The device, as it was opened.
  public let device: any VFIO.Device
  /// The session, or how the device said that it has no migration.
  public let migration: Migration
  /// The faults that can be switched on; nil when the device is a real one, which is not made to fail.
  public var faults: FaultSwitches?

  /// What was found on the device.
  public enum Migration {
    case session(MigrationSession)
    case none(Errno)
  }

  /// The session.
  public var session: MigrationSession? {
    if case .session(let session) = migration { session } else { nil }
  }

  /// What a stream file says of the device that it was saved from.
  public func identity(of session: MigrationSession) -> StreamIdentity {
    StreamIdentity(
      protocol: session.interface.protocol, device: reference.description, model: model, flags: session.interface.flags,
      way: way)
  }

  /// What the device is: PCI vendor and device from its configuration space, such as `15b3:101e`; nil when it has none.
  public var model: String? {
    guard let region = try? device.region(Region.pciConfigIndex), region.size >= 4,
      let ids: UInt32 = try? device.register(UInt32.self, in: region, at: 0), ids != UInt32.max
    else { return nil }
    return hexadecimal(ids & 0xFFFF, digits: 4) + ":" + hexadecimal(ids >> 16, digits: 4)
  }

  var kind: DeviceModel { DeviceModel(name: reference.description, model: model) }

  /// Why a stream of this identity is not for this device, in words; nil when it may be.
  public func misfit(_ identity: StreamIdentity) -> String? {
    kind.misfit(identity)
  }

  /// Why this device can't take the place of another one, in words; nil when it may.
  public func misfit(insteadOf source: OpenedDevice) -> String? {
    kind.misfit(insteadOf: source.kind)
  }

  /// Looks for the device's migration. Accesses of `device` are to be recorded in `journal`.
  init(
    _ device: any VFIO.Device, reference: DeviceReference, way: String, journal: Journal
  ) throws(DeviceError) {
    self.reference = reference
    self.way = way
    self.device = device
    info = try device.info()
    switch try MigrationSupport.find(on: device) {
    case .none(let errno): migration = .none(errno)
    case .v1(let v1): migration = .session(MigrationSession(device: device, interface: v1, journal: journal))
    case .v2(let v2): migration = .session(MigrationSession(device: device, interface: v2, journal: journal))
    }
  }
}
