import VFIO

/// The interrupts of a simulated device. There are as many kinds as with every PCI device: who looks for the last one
/// finds it.
enum InterruptLayout {
  /// How many there are of each kind: INTx, MSI, MSI-X, errors, requests (`VFIO_PCI_INTX_IRQ_INDEX` and those behind it).
  private static let counts: [UInt32] = [1, 0, 0, 1, 1]

  /// `VFIO_PCI_NUM_IRQS`.
  static let count = UInt32(counts.count)

  static func interrupt(_ index: UInt32) throws(Refusal) -> InterruptInfo {
    guard index < count else { throw Refusal(.EINVAL) }
    return InterruptInfo(flags: InterruptInfo.flagEventFD, count: counts[Int(index)])
  }
}
