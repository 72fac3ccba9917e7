/// How a user names a device: the same in every command and in the terminal program.
public enum DeviceReference: Hashable, Sendable {
  /// A PCI address, the UUID of a mediated device, or a node such as `/dev/vfio/devices/vfio3`.
  case kernel(String)
  /// `sim:PROFILE[,key=value…]`; this is what follows the colon.
  case simulated(String)
  /// `vfio-user:PATH`; this is the socket's path.
  case vfioUser(String)

  /// Reads a device's name. Whether there is such a device shows when it is opened.
  public init(_ text: String) {
    if text.hasPrefix("sim:") {
      self = .simulated(String(text.dropFirst(4)))
    } else if text.hasPrefix("vfio-user:") {
      self = .vfioUser(String(text.dropFirst(10)))
    } else {
      self = .kernel(text)
    }
  }
}

extension DeviceReference {
  /// Whether there is no real device behind the name.
  public var isSimulated: Bool { if case .simulated = self { true } else { false } }
}

extension DeviceReference: CustomStringConvertible {
  /// The name as a user would type it.
  public var description: String {
    switch self {
    case .kernel(let name): name
    case .simulated(let profile): "sim:\(profile)"
    case .vfioUser(let path): "vfio-user:\(path)"
    }
  }
}
