import Glibc
import Migration
import VFIO

/// DMA logging by the device itself.
enum V2Logging {
  static let checks: [Check] = [
    support, noRanges, tooManyRanges, wrongRanges, startedTwice, pageSizes, onlySets, notStarted, afterErrors,
  ]

  private static let pageSize: UInt64 = 4096
  private static let range = DMARange(iova: 0x10_0000, length: 2 << 20)

  private static let support = Check("V2-LOG-01") { (bench) throws(Untried) in
    let answer = try V2Bench(bench).feature(argsz: 8, flags: FeatureFlags([.probe, .set]).of(.dmaLoggingStart)).answer
    let absent: Errno = bench.device.wire == nil ? .ENOTTY : .EINVAL
    if answer.isDone { return .kept("PROBE of SET DMA_LOGGING_START is done: the device can log its DMA.") }
    return answer.errno == absent || answer.errno == .ENOTTY
      ? .kept("PROBE of SET DMA_LOGGING_START answers \(answer): the device does not log its DMA.")
      : .broken("PROBE of SET DMA_LOGGING_START answers \(answer).")
  }

  private static let noRanges = Check("V2-LOG-02") { (bench) throws(Untried) in
    let log = try Log(ofKernel: bench)
    let answer = try log.startRefused([])
    return answer == .EINVAL
      ? .kept("START without ranges answers EINVAL.") : .broken("START without ranges answers: \(answer.words).")
  }

  private static let tooManyRanges = Check("V2-LOG-03") { (bench) throws(Untried) in
    let log = try Log(ofKernel: bench)
    // LOG_MAX_RANGES of the kernel: as many as fit in a page.
    let count = Int(getpagesize()) / 16 + 1
    let ranges = (0..<count).map { DMARange(iova: range.iova + 2 * UInt64($0) * pageSize, length: pageSize) }
    let answer = try log.startRefused(ranges)
    return answer == .E2BIG
      ? .kept("START with \(count) ranges answers E2BIG.")
      : .broken("START with \(count) ranges answers: \(answer.words).")
  }

  private static let wrongRanges = Check("V2-LOG-04") { (bench) throws(Untried) in
    let log = try Log(ofKernel: bench)
    let overlapping = DMARange(iova: range.iova + pageSize, length: pageSize)
    let cases: [(what: String, ranges: [DMARange], expected: Errno)] = [
      ("a range that is not aligned", [DMARange(iova: range.iova + 512, length: pageSize)], .EINVAL),
      ("a range beyond the last address", [DMARange(iova: .max - 4095, length: 2 * pageSize)], .EOVERFLOW),
      ("ranges that overlap", [range, overlapping], .EINVAL),
    ]
    for (what, ranges, expected) in cases {
      let answer = try log.startRefused(ranges)
      guard answer == expected else {
        return .broken("START with \(what) answers: \(answer.words), and not \(expected.name).")
      }
    }
    return .kept("START answers EINVAL for ranges not aligned or overlapping, EOVERFLOW beyond the last address.")
  }

  private static let startedTwice = Check("V2-LOG-05") { (bench) throws(Untried) in
    let log = try Log(bench)
    try log.start([range])
    let again = log.answer([range])
    log.stop()
    return again.isDone
      ? .seen("A second START is done too: that there is only one is up to the user.")
      : .kept("A second START answers \(again).")
  }

  private static let pageSizes = Check("V2-LOG-06") { (bench) throws(Untried) in
    let log = try Log(bench)
    try log.start([range])
    let answers = [UInt64(512), 3000].map { size in (size, log.report(DirtyBitmap(range, pageSize: size)).answer) }
    log.stop()
    let words = answers.map { "\($0) bytes: \($1)" }.joined(separator: ", ")
    return answers.allSatisfy { $1.errno == .EINVAL }
      ? .kept("REPORT with pages of 512 and of 3000 bytes answers EINVAL.")
      : .seen("REPORT with pages of \(words). Only powers of two from 4096 on are asked for.")
  }

  private static let onlySets = Check("V2-LOG-07") { (bench) throws(Untried) in
    let log = try Log(ofKernel: bench)
    try log.start([range])
    defer { log.stop() }
    var bitmap = DirtyBitmap(range, pageSize: pageSize)
    let marked = stride(from: 1, to: bitmap.pageCount, by: 2)
    for page in marked { bitmap[page] = true }
    let (answer, after) = log.report(bitmap)
    guard answer.isDone else { throw Untried("REPORT answers \(answer)") }
    let lost = marked.count { !after[$0] }
    return lost == 0
      ? .kept("Of \(marked.count(where: { _ in true })) bits that were set before REPORT all are set afterwards.")
      : .broken("REPORT cleared \(lost) bits that were set before.")
  }

  private static let notStarted = Check("V2-LOG-08") { (bench) throws(Untried) in
    let log = try Log(bench)
    let report = log.report(DirtyBitmap(range, pageSize: pageSize)).answer
    if report.errno == .ENOTTY { throw Untried("the device does not log its DMA") }
    guard !report.isDone else { return .broken("REPORT without START is done.") }
    return .kept("Without START, REPORT answers \(report), STOP: \(log.stop()).")
  }

  /// A watch of this program's own, over a device whose log fails; nothing is asked of the real one.
  private static let afterErrors = Check("V2-LOG-09") { (bench) throws(Untried) in
    let device = InterferedDevice(bench.device, FailingLog.interference)
    var options = DirtyOptions()
    options.log = .device
    let report: DirtyReport
    do throws(DirtyFault) {
      let watch = try DirtyWatch(device, options)
      report = watch.report()
      watch.end()
    } catch {
      throw Untried("the log can't be watched: \(error)")
    }
    let (dirty, all) = (report.dirtyCount, report.bitmap.pageCount)
    return dirty == all
      ? .kept("When a report fails, all \(all) pages are taken as dirty.")
      : .broken("When a report fails, \(dirty) of \(all) pages are taken as dirty.")
  }
}

/// DMA logging as a check uses it: what was started is stopped.
private struct Log {
  let device: any Device

  init(_ bench: Bench) throws(Untried) {
    _ = try V2Bench(bench)
    device = bench.device
  }

  /// For a rule about what the kernel does before the driver is asked.
  init(ofKernel bench: Bench) throws(Untried) {
    try self.init(bench)
    if device.wire != nil { throw Untried("over a socket the server takes ranges and bitmaps in its own way") }
  }

  func answer(_ ranges: [DMARange]) -> Answer<UInt64> {
    Answer { () throws(DeviceError) in try device.startLogging(ranges, pageSize: 4096) }
  }

  func start(_ ranges: [DMARange]) throws(Untried) {
    let answer = answer(ranges)
    if answer.errno == .ENOTTY { throw Untried("the device does not log its DMA") }
    guard answer.isDone else { throw Untried("START answers \(answer)") }
  }

  /// START that is to be refused; nil when it was done. It is taken back then.
  func startRefused(_ ranges: [DMARange]) throws(Untried) -> Errno? {
    let answer = answer(ranges)
    if answer.errno == .ENOTTY { throw Untried("the device does not log its DMA") }
    if answer.isDone { stop() }
    return answer.errno
  }

  @discardableResult
  func stop() -> Answer<Void> { Answer { () throws(DeviceError) in try device.stopLogging() } }

  func report(_ asked: DirtyBitmap) -> (answer: Answer<Void>, bitmap: DirtyBitmap) {
    var bitmap = asked
    let answer = Answer { () throws(DeviceError) in try device.reportLogging(into: &bitmap) }
    return (answer, bitmap)
  }
}

/// A device that logs, until it is asked what. It stands in front of the real one and lets nothing through.
private enum FailingLog {
  static var interference: Interference {
    var interference = Interference()
    interference.addressSpace = { _, _ in .success(NoMemory()) }
    interference.startLogging = { call, _ in .success(call.pageSize) }
    interference.stopLogging = { _, _ in .success(()) }
    interference.reportLogging = { bitmap, _ in
      .failure(DeviceError(.reportLogging(bitmap.range, pageSize: bitmap.pageSize), .EIO))
    }
    return interference
  }

  /// An address space in which nothing is reached.
  private final class NoMemory: AddressSpace {
    func info() throws(DeviceError) -> AddressSpaceInfo { AddressSpaceInfo(pageSizes: 4096, logging: nil) }
    func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError) {}
    func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {}
    func startLogging() throws(DeviceError) {}
    func stopLogging() throws(DeviceError) {}
    func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {}
  }
}

extension Errno? {
  /// The number's name; without one the call was done.
  fileprivate var words: String { map { "\($0)" } ?? "done" }
}
