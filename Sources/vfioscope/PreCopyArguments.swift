import ArgumentParser
import Migration

/// When pre-copy is over.
struct PreCopyArguments: ParsableArguments {
  @Option(help: "Stop the device as soon as the rest would take so many milliseconds. (default: 300.0)")
  var downtimeTarget: Double?

  @Option(help: "Stop the device after so many seconds of pre-copy, whether it converges or not. (default: 60.0)")
  var maxPreCopyTime: Double?

  /// Whether there is any of them.
  var isGiven: Bool { downtimeTarget != nil || maxPreCopyTime != nil }

  func validate() throws {
    guard (0...1e6).contains(maxPreCopyTime ?? 0) else { throw ValidationError("--max-pre-copy-time takes seconds") }
    guard (0...1e7).contains(downtimeTarget ?? 0) else { throw ValidationError("--downtime-target takes milliseconds") }
  }

  /// Puts it into a transfer's options.
  func set(in options: inout TransferOptions) {
    if let maxPreCopyTime { options.limits.preCopyTime = .seconds(maxPreCopyTime) }
    if let downtimeTarget { options.downtimeTarget = .milliseconds(downtimeTarget) }
  }
}
