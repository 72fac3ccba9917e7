import Migration
import Synchronization
import VFIO

/// Memory lent to a device, and the container's log of what is written there. It begins switched off.
struct DirtyLogBench {
  private let memory: LentMemory
  private var space: any AddressSpace { memory.space }

  /// More pages than one word of a bitmap has bits.
  private static let pages: UInt64 = 80

  /// Does `body` with a log that works, and leaves it switched off and the memory taken back.
  ///
  /// - Parameter onlyKernel: servers of vfio-user answer this otherwise, and no document says how.
  static func run(
    _ bench: Bench, onlyKernel: Bool = false, _ body: (DirtyLogBench) -> Outcome
  ) throws(Untried) -> Outcome {
    if onlyKernel, bench.surroundings.socket != nil {
      throw Untried("this is the kernel's, and a vfio-user server answers")
    }
    let log = DirtyLogBench(memory: try LentMemory(bench, pages: pages))
    defer {
      _ = log.stop()
      log.memory.takeBack()
    }
    // Off, whoever used it before.
    let works = [log.start(), log.stop()]
    if let refused = works.first(where: { !$0.isDone }) {
      throw Untried("there is no log of dirty pages here: \(refused)")
    }
    return body(log)
  }

  /// What is mapped.
  var range: DMARange { memory.range }
  /// Bytes that one bit stands for.
  var pageSize: UInt64 { memory.pageSize }
  /// The largest bitmap, when the address space tells.
  var maxBitmapSize: UInt64? { memory.info.logging?.maxBitmapSize }
  /// Bytes of the bitmap for all that is mapped.
  var bitmapSize: UInt64 { UInt64(DirtyBitmap(range, pageSize: pageSize).words.count * 8) }

  func start() -> Answer<Void> { Answer { () throws(DeviceError) in try space.startLogging() } }
  func stop() -> Answer<Void> { Answer { () throws(DeviceError) in try space.stopLogging() } }
  func attempt(_ call: DirtyCall) -> Answer<Void> { Answer { () throws(DeviceError) in try space.attempt(call) } }

  func read(_ range: DMARange, pageSize: UInt64) -> Answer<Void> {
    Answer { () throws(DeviceError) in
      var bitmap = DirtyBitmap(range, pageSize: pageSize)
      try space.readLog(into: &bitmap)
    }
  }

  /// GET_BITMAP of all that is mapped, with a bitmap that is said to have so many bytes.
  func reading(bitmapSize: UInt64) -> DirtyCall {
    DirtyCall(
      .dirtyPages, flags: DirtyCall.LogFlag.getBitmap, range: range, pageSize: pageSize, bitmapSize: bitmapSize)
  }

  /// UNMAP with these flags. All is named by no range.
  func unmapping(_ flags: UInt32) -> DirtyCall {
    let range = flags & DirtyCall.UnmapFlag.all == 0 ? range : DMARange(iova: 0, length: 0)
    return DirtyCall(.unmap, flags: flags, range: range, pageSize: pageSize, bitmapSize: bitmapSize)
  }

  /// Kept when all of these calls were refused with EINVAL. A call that can't be made here was not tried.
  func expectRefusal(_ answers: [(what: String, answer: Answer<Void>)]) -> Outcome {
    if let impossible = answers.first(where: { $0.answer.errno == .ENOTTY }) {
      return .untried("\(impossible.what) can't be tried: \(impossible.answer).")
    }
    if let wrong = answers.first(where: { $0.answer.errno != .EINVAL }) {
      return .broken("\(wrong.what) answers: \(wrong.answer).")
    }
    return .kept("Refused with EINVAL: \(answers.map(\.what).joined(separator: "; ")).")
  }
}

/// A device in front of which it is noted whether bitmaps come to the log with no bit set.
final class WatchedLog: Sendable {
  private let dirtyWords = Mutex(0)
  private let inner: any Device

  init(_ device: any Device) { inner = device }

  /// The device, with this in front.
  var device: any Device {
    var hooks = AddressSpaceInterference()
    hooks.readLog = { [self] bitmap, forward in
      dirtyWords.withLock { $0 += bitmap.words.count { $0 != 0 } }
      return forward(bitmap)
    }
    var interference = Interference()
    interference.addressSpace = { [hooks] _, forward in forward(()).map { InterferedAddressSpace($0, hooks) } }
    return InterferedDevice(inner, interference)
  }

  /// Whether none had a bit set.
  var areZero: Bool { dirtyWords.withLock { $0 == 0 } }
}
