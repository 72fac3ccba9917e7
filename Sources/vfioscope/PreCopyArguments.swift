import ArgumentParser
import Inspector
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

  /// Refuses them where there will be no pre-copy for them to end.
  ///
  /// - Parameter why: why there will be none; nil when there will.
  func check(_ why: String?) throws(Failure) {
    guard isGiven, let why else { return }
    throw Failure(.usage, "\(why): --downtime-target and --max-pre-copy-time have nothing to end")
  }

  /// Puts it into a transfer's options.
  func set(in options: inout TransferOptions) {
    if let maxPreCopyTime { options.limits.preCopyTime = .seconds(maxPreCopyTime) }
    if let downtimeTarget { options.downtimeTarget = .milliseconds(downtimeTarget) }
  }
}

/// Why a device that is saved or migrated will give nothing while it still runs; nil when it will.
func whyNoPreCopy(_ opened: OpenedDevice, _ session: MigrationSession) -> String? {
  guard session.interface.states.contains(where: { $0.name == "pre-copy" }) else {
    return "\(opened.reference) has no pre-copy"
  }
  guard let state = session.stateAtAGlance, !state.isRunning else { return nil }
  return "\(opened.reference) is in \(state.name), and pre-copy is for a device that runs"
}
