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
  /// `VFIO_PRECOPY_INFO_REINIT`: the device has begun anew with its initial data.
  public var isReinit = false

  /// Nothing is known.
  public init() {}

  /// What is left in all; nil when the device does not say.
  public var remaining: UInt64? {
    if let pending { return pending }
    guard initial != nil || dirty != nil else { return stopCopy }
    let (sum, overflow) = (initial ?? 0).addingReportingOverflow(dirty ?? 0)
    return overflow ? .max : sum
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
