import VFIO

/// Watches which pages a device writes: gives it memory of ours, has its writes noted, and takes everything back at the
/// end. The device's migration state is not touched, and may change meanwhile.
///
/// A watch is used from one thread at a time, the one that uses its device.
public final class DirtyWatch {
  /// Who notes what is written.
  public var log: DirtyLog { tracker.log }
  /// Where the device sees the memory.
  public let range: DMARange
  /// What one bit was to stand for, bytes.
  public let askedPageSize: UInt64
  /// What it stands for, bytes.
  public let pageSize: UInt64
  /// The pages written at least once.
  public private(set) var union: DirtyBitmap

  private let tracker: DirtyTracker
  private let space: any AddressSpace
  /// The device writes to it as long as it is mapped.
  private let memory: SharedMemory
  private let clock: () -> ContinuousClock.Instant
  private let start: ContinuousClock.Instant
  private var lastReport: ContinuousClock.Instant
  private var isAllAssumed = false
  private var ending: DirtyEnding?

  /// Maps memory and starts logging. When one of them fails, nothing is left behind.
  public init(
    _ device: any Device, _ options: DirtyOptions = DirtyOptions(),
    clock: @escaping () -> ContinuousClock.Instant = { .now }
  ) throws(DirtyFault) {
    let range = options.range
    let space = try forWatch { () throws(DeviceError) in try device.addressSpace() }
    let info = try forWatch { () throws(DeviceError) in try space.info() }
    try options.check(info)
    let tracker = try DirtyTracker(options.log, of: device, in: space, info)
    guard let memory = SharedMemory(count: Int(range.length)) else { throw .noMemory(range.length) }
    try forWatch { () throws(DeviceError) in try space.map(memory, at: range.iova) }
    do throws(DeviceError) {
      pageSize = try tracker.start(range, asking: options.pageSize)
    } catch {
      // What can be said of it was said: it is the logging that was refused.
      _ = space.take(back: range)
      throw tracker.fault(error, device, info)
    }
    (self.range, askedPageSize) = (range, options.pageSize)
    (self.space, self.tracker, self.memory, self.clock) = (space, tracker, memory, clock)
    union = DirtyBitmap(range, pageSize: pageSize)
    start = clock()
    lastReport = start
  }

  deinit { end() }

  /// How many pages there are.
  public var pageCount: Int { union.pageCount }

  /// Asks the log which pages were written since the last time, and clears it.
  public func report() -> DirtyReport {
    var bitmap = DirtyBitmap(range, pageSize: pageSize)
    var failure: DeviceError?
    do throws(DeviceError) {
      try tracker.report(into: &bitmap)
    } catch {
      failure = error
      isAllAssumed = true
      bitmap.fill()
    }
    union.formUnion(bitmap)
    let now = clock()
    defer { lastReport = now }
    return DirtyReport(
      bitmap: bitmap, unionCount: union.dirtyCount, elapsed: start.duration(to: now),
      interval: lastReport.duration(to: now), failure: failure)
  }

  /// Stops logging and takes the memory back, whatever fails on the way. A second call only says again what the first
  /// one came to.
  @discardableResult
  public func end() -> DirtyEnding {
    if let ending { return ending }
    var failures: [DeviceError] = []
    // The last written pages come with the unmapping, which therefore needs logging on; a device is asked once more.
    let last = log == .container ? takeLastPages(&failures) : nil
    if log == .device, !isAllAssumed, let failure = report().failure { failures.append(failure) }
    let stopFailure = whyNot { () throws(DeviceError) in try tracker.stop() }
    let unmapFailure = last == nil ? space.take(back: range) : nil
    failures += [stopFailure, unmapFailure].compactMap { $0 }
    let ending = DirtyEnding(
      union: union, unmapCount: last?.dirtyCount, isAllAssumed: isAllAssumed, isLoggingStopped: stopFailure == nil,
      isUnmapped: unmapFailure == nil, elapsed: start.duration(to: clock()), failures: failures)
    self.ending = ending
    return ending
  }

  /// Unmaps and takes what the container says of it; nil when that failed, and the memory is still mapped.
  private func takeLastPages(_ failures: inout [DeviceError]) -> DirtyBitmap? {
    var last: DirtyBitmap? = DirtyBitmap(range, pageSize: pageSize)
    let refused = whyNot { () throws(DeviceError) in try space.unmap(range, dirty: &last) }
    guard let refused else {
      if let last { union.formUnion(last) }
      return last
    }
    failures.append(refused)
    isAllAssumed = true
    union.fill()
    return nil
  }
}

extension AddressSpace {
  /// Unmaps without asking for a bitmap.
  ///
  /// - Returns: why it failed, or nil.
  fileprivate func take(back range: DMARange) -> DeviceError? {
    whyNot { () throws(DeviceError) in
      var none: DirtyBitmap?
      try unmap(range, dirty: &none)
    }
  }
}

/// Makes a call whose failure does not keep what follows from being done.
private func whyNot(_ call: () throws(DeviceError) -> Void) -> DeviceError? {
  do throws(DeviceError) {
    try call()
    return nil
  } catch {
    return error
  }
}
