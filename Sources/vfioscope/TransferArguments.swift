import ArgumentParser
import Glibc
import Inspector
import Migration

extension WindowAccess: ExpressibleByArgument {}

/// What save, load and migrate have in common.
struct TransferArguments: ParsableArguments {
  @Option(help: "How the data window of v1 is accessed: by message, by map, or by the one that works.")
  var access: WindowAccess = .auto

  @Option(parsing: .unconditional, help: "End with a failure after so many bytes.")
  var maxBytes = ByteNumber(1 << 40)

  @Option(parsing: .unconditional, help: "End with a failure after so many seconds.")
  var maxTime: Double = 3600

  @Option(
    parsing: .unconditional,
    help: """
      Give up when a call does not come back for so many seconds, or when a pipe takes nothing for so long while the \
      device is stopped.
      """)
  var timeout: Double = 30

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print every access to the device on standard error.")
  var trace = false

  func validate() throws {
    guard (0.001...1e6).contains(maxTime) else { throw ValidationError("--max-time takes 0.001 to 1000000 seconds") }
    guard (0.1...1e6).contains(timeout) else { throw ValidationError("--timeout takes 0.1 to 1000000 seconds") }
  }

  /// Runs a transfer under the user's eyes: shows how far it is, takes Ctrl-C, and gives up when a call hangs.
  ///
  /// - Parameters:
  ///   - watch: who shows how far it is.
  ///   - part: a file that is not whole yet, which must not stay behind.
  ///   - keeping: ends that file when all of its data is there and the device hangs; says so then.
  ///   - rescue: what is done with the other devices when one hangs.
  ///   - body: the transfer; it calls `rest` when no device is asked any more, to show a line in place of the figures or
  ///     nothing new.
  func supervise(
    _ command: String, of devices: [WatchedDevice], showing watch: TransferWatch, part: String? = nil,
    keeping: @escaping @Sendable () -> String? = { nil },
    rescue: @escaping @Sendable (_ hanging: Set<Int>) -> Set<Int> = { $0 },
    _ body: (TransferObserver, _ rest: (String?) -> Void) -> TransferReport
  ) -> TransferReport {
    let remove: @Sendable () -> Void = { if let part { unlink(part) } }
    let interruption = Interruption(
      asking: devices.map { printable($0.name) }.joined(separator: ", vfioscope show "),
      cancelling: { watch.cancel() }, leaving: remove)
    let leaving: @Sendable (Int, String) -> Void = { [json] device, why in
      // A file that was kept has its name by now.
      remove()
      if json { try? printJSON(HungTransfer(command: command, devices: devices, device: device, why: why).json) }
    }
    let hang = HangWatch(
      devices, timeout: .seconds(timeout), showing: watch, leaving: leaving, keeping: keeping, rescue: rescue)
    interruption.set(command)
    let report = body(watch.observer) { line in
      interruption.set(nil)
      if let line { watch.show(line) }
    }
    interruption.set(nil)
    hang.finish()
    watch.finish()
    return report
  }

  /// Refuses a way to a window that the device does not have.
  func checkAccess(to opened: OpenedDevice, _ session: MigrationSession) throws(Failure) {
    guard access != .auto, session.interface.protocol == .v2 else { return }
    throw Failure(
      .usage,
      "\(opened.reference) speaks protocol v2, whose data comes by a descriptor: --access is for the window of v1")
  }

  /// The options of a transfer.
  func options(preCopy: Bool) -> TransferOptions {
    var options = TransferOptions()
    options.preCopy = preCopy
    options.access = access
    options.limits.bytes = maxBytes.value
    options.limits.time = .seconds(maxTime)
    options.limits.fullPipe = .seconds(timeout)
    return options
  }
}
