import ArgumentParser
import Glibc
import Inspector
import Migration
import Synchronization
import VFIO

extension WindowAccess: ExpressibleByArgument {}

/// What save, load and migrate have in common.
struct TransferArguments: ParsableArguments {
  @Option(help: "How the data window of v1 is accessed: by message, by map, or by the one that works.")
  var access: WindowAccess = .auto

  @Option(help: "End with a failure after so many bytes.")
  var maxBytes: UInt64 = 1 << 40

  @Option(help: "End with a failure after so many seconds.")
  var maxTime: Double = 3600

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print every access to the device on standard error.")
  var trace = false

  func validate() throws {
    guard (0.001...1e6).contains(maxTime) else { throw ValidationError("--max-time takes 0.001 to 1000000 seconds") }
  }

  /// The options of a transfer.
  func options(preCopy: Bool) -> TransferOptions {
    var options = TransferOptions()
    options.preCopy = preCopy
    options.access = access
    options.limits.bytes = maxBytes
    options.limits.time = .seconds(maxTime)
    return options
  }
}

/// Shows a transfer's progress on standard error and takes Ctrl-C: on a terminal on one line, else a line a second.
final class TransferWatch: Sendable {
  private let isCancelled = Atomic(false)
  private let lastLine = Mutex<Duration?>(nil)
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isQuiet: Bool

  /// With `quiet`, only a terminal is written to: a script reads the report.
  init(quiet: Bool) {
    isQuiet = quiet
  }

  /// What the transfer is to report to.
  var observer: TransferObserver {
    TransferObserver(
      progress: { progress in self.show(progress) }, isCancelled: { self.isCancelled.load(ordering: .relaxed) })
  }

  /// Asks the transfer to end.
  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Takes the line away.
  func finish() {
    if isTerminal && lastLine.withLock({ $0 }) != nil { printErrorText("\r\u{1B}[K") }
  }

  private func show(_ progress: TransferProgress) {
    guard isTerminal || !isQuiet else { return }
    let isDue = lastLine.withLock { last in
      if !isTerminal, let last, progress.elapsed - last < .seconds(1) { return false }
      last = progress.elapsed
      return true
    }
    guard isDue else { return }
    if isTerminal { printErrorText("\r\u{1B}[K\(progress.line)") } else { printError(progress.line) }
  }
}

extension TransferProgress {
  fileprivate var line: String {
    let left = estimate.remaining.map { ", \(size(Double($0))) left" } ?? ""
    let judged = verdict == .unknown ? "" : ", \(verdict.words)"
    let anew = reinits == 0 ? "" : ", begun anew \(counted(reinits, "time"))"
    return "\(state.name): \(size(Double(bytes))), \(size(rate))/s\(left)\(judged)\(anew)"
  }
}

/// `3.4 MiB`: for people, so rounded.
func size(_ bytes: Double) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  var (value, unit) = (bytes, 0)
  while value >= 1024 && unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
  return unit == 0 ? "\(Int(value)) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
}
