import Glibc
import Inspector
import Migration
import Synchronization

/// Shows a transfer's progress on standard error and takes Ctrl-C: on a terminal on one line, else a line a second.
final class TransferWatch: Sendable {
  private let isCancelled = Atomic(false)
  private let lastLine = Mutex<ContinuousClock.Instant?>(nil)
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isQuiet: Bool
  /// Why the transfer has failed, and the device that this is about.
  private let fault = Mutex<(fault: TransferFault, device: Int?)?>(nil)
  private let hasSaved = Atomic(false)

  /// With `quiet`, only a terminal is written to: a script reads the report.
  init(quiet: Bool) {
    isQuiet = quiet
  }

  /// What the transfer is to report to.
  var observer: TransferObserver {
    TransferObserver(
      progress: { progress in self.show(progress) }, isCancelled: { self.isCancelled.load(ordering: .relaxed) },
      waiting: { self.show(printable("waiting for \($0.name): \($0.time.components.seconds) s")) },
      failed: { fault, device in self.fault.withLock { $0 = (fault, device) } },
      saved: { self.hasSaved.store(true, ordering: .relaxed) })
  }

  /// Why the transfer has failed; nil when it has not, or when that is what the user wanted.
  func failure(of devices: [WatchedDevice]) -> String? {
    guard let (fault, device) = fault.withLock({ $0 }), fault != .cancelled else { return nil }
    guard devices.count > 1, let device, devices.indices.contains(device) else { return "\(fault)" }
    return "\(devices[device].role) \(devices[device].name): \(fault)"
  }

  /// Whether all of a save's data has been written.
  var isSaved: Bool { hasSaved.load(ordering: .relaxed) }

  /// Asks the transfer to end.
  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Takes the line away.
  func finish() {
    if isTerminal && Self.takesLine && lastLine.withLock({ $0 }) != nil { printErrorText("\r\u{1B}[K") }
  }

  private func show(_ progress: TransferProgress) {
    show(progress.line)
  }

  /// Shows a line in place of the one before, unless that has only just been shown; where there is no terminal, one a
  /// second.
  func show(_ line: String) {
    guard isTerminal || !isQuiet, Self.takesLine else { return }
    let isDue = lastLine.withLock { last in
      let now = ContinuousClock.now
      if let last, last.duration(to: now) < (isTerminal ? .milliseconds(50) : .seconds(1)) { return false }
      last = now
      return true
    }
    guard isDue else { return }
    if isTerminal { printErrorText("\r\u{1B}[K\(line.prefix(Self.width))") } else { printError(line) }
  }

  /// Whether a line can be written without waiting, as for a terminal that was stopped with Ctrl-S: a device must not
  /// wait for that.
  private static var takesLine: Bool {
    var output = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&output, 1, 0) > 0
  }

  /// Columns for a line: one that came to the terminal's edge would go on in the next line, and not be taken away.
  private static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 79 }
    return Int(size.ws_col) - 1
  }
}

extension TransferProgress {
  fileprivate var line: String {
    let left = estimate.remaining.map { ", \(size(Double($0))) left" } ?? ""
    let downtime = state.isRunning ? estimatedDowntime.map { ", about \($0.milliseconds) if stopped now" } ?? "" : ""
    let judged = verdict == .unknown || !state.isRunning ? "" : ", \(verdict.words)\(isTooLate ? ", too late" : "")"
    let anew = reinits == 0 ? "" : ", begun anew \(counted(reinits, "time"))"
    let speed = rate > 0 ? ", \(size(rate))/s" : ""
    return "\(state.name): \(size(Double(phaseBytes)))\(speed)\(left)\(downtime)\(judged)\(anew)"
  }
}
