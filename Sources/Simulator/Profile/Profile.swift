import VFIO

/// A kind of simulated device: a file of Resources/Devices.
struct Profile: Sendable {
  let name: String
  let description: String
  let migrationProtocol: MigrationProtocol
  /// Whether GET_INFO says that the device can be reset. It always can.
  let announcesReset: Bool
  /// Whether the device is found in the state it was left in when it is closed and opened again. Else it runs.
  let keepsState: Bool
  /// The options an address may set, with the values they have otherwise.
  let defaults: [String: String]
  let identity: Identity
  /// Protocol v1 only.
  let migrationRegion: MigrationRegionPlace?
  let transitions: TransitionTable
  /// How the observed device departs from the reference; the first stands nearest to who uses the device.
  let quirks: [Quirk.Maker]
  /// The rules that the device breaks, by their names.
  let breaks: [String]
  /// The same behind a vfio-user socket, where a server answers for it.
  let breaksServed: [String]

  /// What the PCI configuration space says.
  struct Identity: Sendable, Decodable {
    let vendor: UInt16
    let device: UInt16
    let subsystemVendor: UInt16
    let subsystem: UInt16
    let classCode: UInt32
    let revision: UInt8

    private enum CodingKeys: String, CodingKey {
      case vendor, device, subsystem, revision
      case subsystemVendor = "subsystem-vendor"
      case classCode = "class"
    }
  }

  /// Where the registers of protocol v1 are.
  struct MigrationRegionPlace: Sendable, Decodable {
    /// The region's number.
    let index: UInt32
    /// Where the data window begins in it, bytes.
    let dataOffset: UInt64

    private enum CodingKeys: String, CodingKey {
      case index
      case dataOffset = "data-offset"
    }
  }
}
