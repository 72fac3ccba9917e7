/// An IOMMU group: devices that the IOMMU can't keep apart, so that they change hands together.
public struct Group: Sendable, Equatable {
  /// Its number in `/sys/kernel/iommu_groups`.
  public let number: Int
  /// The kind of its default domain, such as `DMA`, `DMA-FQ` or `identity`; nil when the kernel does not say.
  public let type: String?
  /// Its name; nil for most. VFIO names the groups it makes itself `vfio-noiommu`, those of mediated devices too.
  public let name: String?
  /// Its devices, lowest address first.
  public let devices: [Device]
  /// `/dev/vfio/N`, or `/dev/vfio/noiommu-N`; nil when neither the kernel nor `/dev` has one.
  public let node: DeviceNode?
  /// VFIO has it without an IOMMU behind it: its device may write anywhere in memory.
  public let isNoIOMMU: Bool
  /// Whether VFIO will hand it to a user.
  public let viability: Viability
}
