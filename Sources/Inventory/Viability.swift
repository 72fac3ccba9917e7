/// Whether VFIO will hand a group to a user, and which devices decide that.
///
/// The kernel's rule: no device of the group may be in the hands of a host driver. Unbound devices and VFIO's own do not
/// matter, nor do `pci-stub` and `pcieport`, which do no DMA.
public struct Viability: Sendable, Equatable {
  /// Devices in the hands of a host driver. While there is one, the group can't be opened for use.
  public internal(set) var blocking: [Blocker] = []
  /// Devices that could be bound to a VFIO driver but are bound to nothing.
  public internal(set) var unbound: [DeviceAddress] = []
  /// Devices bound to a VFIO driver.
  public internal(set) var ready: [DeviceAddress] = []
  /// Bridges, and devices held by `pci-stub`: they do no harm and are not handed out.
  public internal(set) var passedOver: [DeviceAddress] = []
  /// Devices whose driver could not be read.
  public internal(set) var unknown: [DeviceAddress] = []

  /// A device that keeps its group from being viable.
  public struct Blocker: Sendable, Equatable, CustomStringConvertible {
    /// The device.
    public let address: DeviceAddress
    /// The driver that holds it.
    public let driver: String

    /// `0000:00:1f.3 is bound to snd_hda_intel`.
    public var description: String { "\(address) is bound to \(driver)" }
  }

  /// The answer in one word.
  public enum Verdict: String, Sendable {
    /// Viable, and at least one device is bound to a VFIO driver.
    case ready
    /// Viable, but no device is bound to a VFIO driver.
    case viable
    /// A host driver holds at least one device.
    case notViable = "not viable"
    /// A device's driver could not be read, and nothing else blocks.
    case unknown
  }

  /// The answer in one word.
  public var verdict: Verdict {
    if !blocking.isEmpty { return .notViable }
    if !unknown.isEmpty { return .unknown }
    return ready.isEmpty ? .viable : .ready
  }

  /// The answer in one line, with the devices that decide it.
  public var description: String {
    switch verdict {
    case .notViable: "not viable: \(listing(blocking))"
    case .unknown: "unknown: the driver of \(listing(unknown)) could not be read"
    case .ready: "ready: \(listing(ready))"
    case .viable where unbound.isEmpty: "viable, not ready: no device here can be bound to a VFIO driver"
    case .viable:
      "viable, not ready: \(listing(unbound)) \(unbound.count == 1 ? "is" : "are") not bound to a VFIO driver"
    }
  }

  private func listing(_ items: [some CustomStringConvertible]) -> String {
    items.map(\.description).joined(separator: ", ")
  }
}

extension Viability: CustomStringConvertible {
  /// Judges the devices of one group.
  ///
  /// `bridgesMayKeepAnyDriver` is the rule of kernels before 5.18; since then a bridge's driver must be one of `harmless`
  /// (commit 70693f470848, "vfio: Set DMA ownership for VFIO devices").
  init(of devices: [Device], bridgesMayKeepAnyDriver: Bool) {
    for device in devices {
      let isBridge = device.pci?.isBridge ?? false
      switch device.binding {
      case .unknown: unknown.append(device.address)
      case .unbound where isBridge: passedOver.append(device.address)
      case .unbound: unbound.append(device.address)
      case .driver where isBridge && bridgesMayKeepAnyDriver: passedOver.append(device.address)
      case .driver(let driver) where Viability.harmless.contains(driver): passedOver.append(device.address)
      case .driver where device.isBoundToVFIO: ready.append(device.address)
      case .driver(let driver): blocking.append(Blocker(address: device.address, driver: driver))
      }
    }
  }

  /// Drivers outside VFIO that leave DMA to the user (`driver_managed_dma` in the kernel's driver structures).
  static let harmless: Set<String> = ["pci-stub", "pcieport"]
}

extension Device {
  /// It is in VFIO's hands.
  ///
  /// Since Linux 6.1 the kernel registers such a device as `vfioN`; before that the driver's name is all there is, and all
  /// of them carry the word (`vfio-pci`, `mlx5_vfio_pci`). Drivers of mediated devices are VFIO drivers by their nature.
  public var isBoundToVFIO: Bool {
    guard case .driver(let driver) = binding else { return false }
    return vfioNumber != nil || mdev != nil || driver.holds("vfio")
  }
}
