/// The commands of vfio-user. Numbers 14 and 16 to 18 exist in one of the two generations alone.
public enum WireCommand: UInt16, Sendable, CaseIterable {
  case version = 1
  case dmaMap = 2
  case dmaUnmap = 3
  case deviceGetInfo = 4
  case deviceGetRegionInfo = 5
  case deviceGetRegionIOFDs = 6
  case deviceGetIRQInfo = 7
  case deviceSetIRQs = 8
  case regionRead = 9
  case regionWrite = 10
  /// From the server to the client.
  case dmaRead = 11
  /// From the server to the client.
  case dmaWrite = 12
  case deviceReset = 13
  /// Up to 0.9.1.
  case dirtyPages = 14
  case regionWriteMulti = 15
  /// From 0.9.2 on.
  case deviceFeature = 16
  /// From 0.9.2 on.
  case migDataRead = 17
  /// From 0.9.2 on.
  case migDataWrite = 18

  /// The document's name without `VFIO_USER_`.
  public var name: String { Self.names[Int(rawValue) - 1] }

  private static let names = [
    "VERSION", "DMA_MAP", "DMA_UNMAP", "DEVICE_GET_INFO", "DEVICE_GET_REGION_INFO", "DEVICE_GET_REGION_IO_FDS",
    "DEVICE_GET_IRQ_INFO", "DEVICE_SET_IRQS", "REGION_READ", "REGION_WRITE", "DMA_READ", "DMA_WRITE", "DEVICE_RESET",
    "DIRTY_PAGES", "REGION_WRITE_MULTI", "DEVICE_FEATURE", "MIG_DATA_READ", "MIG_DATA_WRITE",
  ]
}
