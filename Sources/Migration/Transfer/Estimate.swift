/// What a device says is still to be moved. The figures are the device's own estimates; each is nil when it does not
/// give it in this state.
public struct Estimate: Sendable, Equatable {
  /// `pending_bytes` of protocol v1.
  public var pending: UInt64?
  /// `initial_bytes` of protocol v2: what is left of the data that a destination needs at first.
  public var initial: UInt64?
  /// `dirty_bytes` of protocol v2: what has changed since.
  public var dirty: UInt64?
  /// `stop_copy_length` of protocol v2: what would come once the device is stopped.
  public var stopCopy: UInt64?
  /// Of the file that is loaded: no figure of a device.
  public var unread: UInt64?
  /// `VFIO_PRECOPY_INFO_REINIT`: new initial data is on the stream. Only a device that was asked to says so.
  public var isReinit = false

  /// Nothing is known.
  public init() {}

  /// What would have to be moved if the device were stopped now; nil when the device does not say.
  ///
  /// In v2 it is the larger of `stop_copy_length` and what pre-copy has still to give. The first is the device's own
  /// answer to this question ("estimated data length that will be required to complete stop copy", linux/vfio.h), but
  /// the header does not say whether it counts what was not read in pre-copy, and some drivers answer a constant; what
  /// was not read comes in stop-copy in any case. QEMU adds the two: with a driver that counts the unread data in both
  /// that would be up to twice too long, and a target that could be met would be missed.
  public var remaining: UInt64? {
    if let known = pending ?? unread { return known }
    guard initial != nil || dirty != nil else { return stopCopy }
    let (sum, overflow) = (initial ?? 0).addingReportingOverflow(dirty ?? 0)
    return max(overflow ? .max : sum, stopCopy ?? 0)
  }

  /// Whether it tells of a new beginning, which `earlier` did not tell of.
  func beginsAnew(after earlier: Estimate) -> Bool {
    isReinit && (!earlier.isReinit || (initial ?? 0) > (earlier.initial ?? 0))
  }

  /// Both devices together: a figure is known when both know it.
  static func + (one: Estimate, other: Estimate) -> Estimate {
    func sum(_ figure: KeyPath<Estimate, UInt64?>) -> UInt64? {
      guard let one = one[keyPath: figure], let other = other[keyPath: figure] else { return nil }
      let (sum, overflow) = one.addingReportingOverflow(other)
      return overflow ? .max : sum
    }
    var both = Estimate()
    both.pending = sum(\.pending)
    both.initial = sum(\.initial)
    both.dirty = sum(\.dirty)
    both.stopCopy = sum(\.stopCopy)
    both.isReinit = one.isReinit || other.isReinit
    return both
  }
}
