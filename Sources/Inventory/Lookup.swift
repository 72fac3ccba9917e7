extension Machine {
  /// Every device, those in groups first.
  public var devices: [Device] { groups.flatMap(\.devices) + ungrouped }

  /// The device that `text` names: a PCI address (`0000:3b:00.2`, or `3b:00.2` for domain 0000), the UUID of a mediated
  /// device in either case, or a node such as `/dev/vfio/devices/vfio3`.
  public func device(at text: String) throws(LookupError) -> Device {
    let devices = devices
    if let address = DeviceAddress(text) {
      if let device = devices.first(where: { $0.address == address }) { return device }
    } else if text.hasPrefix("/dev/vfio/devices/vfio") {
      if let device = devices.first(where: { $0.node?.path == text }) { return device }
    } else if let device = devices.first(where: { $0.address.description == text }) {
      // Devices of other buses have names of any shape.
      return device
    } else {
      throw .notAnAddress(text)
    }
    throw .noSuchDevice(text)
  }

  /// The group of this number, or nil.
  public func group(_ number: Int) -> Group? { groups.first { $0.number == number } }

  /// Why a device was not found. The text is what was asked for, raw.
  public enum LookupError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It has the form of no address.
    case notAnAddress(String)
    /// It has the form of an address, but no such device is here.
    case noSuchDevice(String)

    /// One line for people.
    public var description: String {
      switch self {
      case .notAnAddress(let text):
        "\(text): not a device address; give a PCI address, a UUID or a path like /dev/vfio/devices/vfio0"
      case .noSuchDevice(let text): "\(text): no such device on this machine"
      }
    }
  }
}
