import ArgumentParser
import Migration

/// When pre-copy is over.
struct PreCopyArguments: ParsableArguments {
  @Option(help: "Stop the device as soon as the rest would take so many milliseconds.")
  var downtimeTarget: Double = 300

  @Option(help: "Stop the device after so many seconds of pre-copy, whether it converges or not.")
  var maxPreCopyTime: Double = 60

  func validate() throws {
    guard (0...1e6).contains(maxPreCopyTime) else { throw ValidationError("--max-pre-copy-time takes seconds") }
    guard (0...1e7).contains(downtimeTarget) else { throw ValidationError("--downtime-target takes milliseconds") }
  }

  /// Puts it into a transfer's options.
  func set(in options: inout TransferOptions) {
    options.limits.preCopyTime = .seconds(maxPreCopyTime)
    options.downtimeTarget = .milliseconds(downtimeTarget)
  }
}
