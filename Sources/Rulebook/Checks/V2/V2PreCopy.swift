import Migration
import VFIO

/// What a device says of its data while it still runs.
enum V2PreCopy {
  static let checks: [Check] = [works, onlyInPreCopy, size, foreign, initial, dirty, flags, feature, reinit]

  /// How often a device is asked while its data are read.
  private static let samples = 64

  private static let works = Check("V2-PRE-01") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let stream = try v2.openPreCopy()
    for state in [V2State.preCopy, .preCopyP2P] where V2Arcs(flags: v2.flags).states.contains(state) {
      if state != .preCopy { try v2.enter(state) }
      let answer = stream.answer(.precopyInfo(argsz: 24, flags: 0))
      guard answer.isDone else { return .broken("In \(state.protocolName) MIG_GET_PRECOPY_INFO answers \(answer).") }
    }
    return .kept("MIG_GET_PRECOPY_INFO is answered.")
  }

  private static let onlyInPreCopy = Check("V2-PRE-02") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let stream = try v2.openPreCopy()
    try v2.enter(.stopCopy)
    let answer = stream.answer(.precopyInfo(argsz: 24, flags: 0))
    return answer.errno == .EINVAL
      ? .kept("In STOP_COPY MIG_GET_PRECOPY_INFO answers EINVAL.")
      : .broken("In STOP_COPY MIG_GET_PRECOPY_INFO answers: \(answer.words).")
  }

  private static let size = Check("V2-PRE-03") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let answer = try v2.openPreCopy().answer(.precopyInfo(argsz: 16, flags: 0))
    return answer.errno == .EINVAL
      ? .kept("MIG_GET_PRECOPY_INFO with argsz 16 answers EINVAL.")
      : .broken("MIG_GET_PRECOPY_INFO with argsz 16 answers: \(answer.words).")
  }

  private static let foreign = Check("V2-PRE-04") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let answer = try v2.openSaving().answer(.foreignControl)
    return answer.errno == .ENOTTY
      ? .kept("The ioctl GET_API_VERSION on the data fd answers ENOTTY.")
      : .broken("The ioctl GET_API_VERSION on the data fd answers: \(answer.words).")
  }

  private static let initial = Check("V2-PRE-05") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let stream = try v2.openPreCopy()
    let first = try bench.need(stream.info, "MIG_GET_PRECOPY_INFO")
    guard first.initialBytes > 0 else { return .broken("initial_bytes is 0 from the start.") }
    var last = first
    let knowsReinit = bench.hasOptedIn
    for number in 1...samples {
      guard case .data = stream.next(16 << 10) else { break }
      let now = try bench.need(stream.info, "MIG_GET_PRECOPY_INFO")
      let isAnew = knowsReinit && now.flags & PrecopyInfo.reinit != 0
      guard isAnew || now.initialBytes <= last.initialBytes else {
        return .broken("Read \(number) let initial_bytes rise from \(last.initialBytes) to \(now.initialBytes).")
      }
      last = now
    }
    return .kept("initial_bytes went from \(first.initialBytes) to \(last.initialBytes) and did not rise.")
  }

  private static let dirty = Check("V2-PRE-06") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let first = try bench.need(try v2.openPreCopy().info, "MIG_GET_PRECOPY_INFO")
    return first.dirtyBytes == 0
      ? .kept("dirty_bytes is 0 at the start.") : .broken("dirty_bytes is \(first.dirtyBytes) from the start.")
  }

  /// This program passes 0, and looks at the flags only when it has set the feature.
  private static let flags = Check("V2-PRE-08") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let answer = try v2.openPreCopy().answer(.precopyInfo(argsz: 24, flags: .max))
    let flags = try bench.need(answer, "MIG_GET_PRECOPY_INFO").precopyInfo?.flags ?? 0
    return flags == .max
      ? .seen("Flags that the caller puts into the buffer come back: only 0 is passed in.")
      : .kept("With all flags passed in 0x\(hexadecimal(flags)) comes back.")
  }

  private static let feature = Check("V2-PRE-09") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    guard v2.device.wire == nil else { throw Untried("vfio-user does not have feature MIG_PRECOPY_INFOv2") }
    let answer = v2.feature(argsz: 8, flags: FeatureFlags([.probe, .set]).of(.migPrecopyInfoV2)).answer
    if answer.errno == .ENOTTY { return .seen("This kernel does not know feature MIG_PRECOPY_INFOv2.") }
    let hasPreCopy = v2.flags.contains(.preCopy)
    let words = "The device has \(hasPreCopy ? "" : "no ")PRE_COPY, and PROBE of SET MIG_PRECOPY_INFOv2 answers"
    return hasPreCopy == answer.isDone && (hasPreCopy || answer.errno == .EINVAL)
      ? .kept("\(words): \(answer).") : .broken("\(words): \(answer).")
  }

  private static let reinit = Check("V2-PRE-10") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    guard v2.device.wire == nil else { throw Untried("vfio-user does not have feature MIG_PRECOPY_INFOv2") }
    let set = v2.feature(argsz: 8, flags: FeatureFlags.set.of(.migPrecopyInfoV2)).answer
    guard set.isDone else { throw Untried("SET MIG_PRECOPY_INFOv2 answers \(set)") }
    let stream = try v2.openPreCopy()
    var last = try bench.need(stream.info, "MIG_GET_PRECOPY_INFO")
    for _ in 1...samples {
      guard case .data = stream.next(16 << 10) else { break }
      let now = try bench.need(stream.info, "MIG_GET_PRECOPY_INFO")
      if now.flags & PrecopyInfo.reinit != 0 {
        return .kept("REINIT was told: initial_bytes \(now.initialBytes) after \(last.initialBytes).")
      }
      last = now
    }
    return .seen("The device told of no new initial data.")
  }
}

extension DataStream {
  /// `MIG_GET_PRECOPY_INFO` as it is usually asked.
  fileprivate var info: Answer<PrecopyInfo> { Answer { () throws(DeviceError) in try precopyInfo() } }
}

extension Bench {
  /// Whether the device was told that it may announce new initial data. That holds until it is closed.
  fileprivate var hasOptedIn: Bool {
    accesses().contains { access in
      guard case .feature(_, let flags) = access.operation else { return false }
      return flags == FeatureFlags.set.of(.migPrecopyInfoV2) && access.failure == nil
    }
  }
}
