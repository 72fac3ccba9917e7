import Migration
import Rulebook
import Synchronization

/// Checking which rules the device keeps. It takes the device's queue for as long as it lasts.
extension DeviceHandle {
  /// Checks all rules that are ones for this device, at worst as far as `permission`.
  public func checkRules(_ permission: Rule.Harm) {
    checksCancelled.store(false, ordering: .relaxed)
    change { $0.rules = nil }
    work("check rules") { handle in
      handle.withOpened { opened in
        guard let session = opened.session else { return }
        handle.check(opened, session, permission)
      }
      handle.observe()
    }
  }

  /// Asks a run of checks, or a fault that is being made, to end after the check that is being made. A call that does
  /// not come back is waited for.
  public func cancelChecks() {
    checksCancelled.store(true, ordering: .relaxed)
    change { status in
      if status.rules?.isRunning == true { status.rules?.isCancelled = true }
      if status.fault?.isRunning == true { status.fault?.isCancelled = true }
    }
  }

  private func check(_ opened: OpenedDevice, _ session: MigrationSession, _ permission: Rule.Harm) {
    let rules = ((try? Rulebook.shipped.get())?.rules ?? []).filter { opened.isBound(by: $0) }
    var options = CheckRun.Options()
    options.permission = permission
    options.surroundings = opened.surroundings
    let run = CheckRun(session, options)
    let report = CheckReport(
      device: reference.description, way: opened.way, protocol: session.interface.protocol.rawValue,
      flags: session.interface.flags, permission: permission, foundState: run.foundState?.name)
    change { $0.rules = RulesStatus(report, of: rules) }
    let ending = run.run(rules, isCancelled: { checksCancelled.load(ordering: .relaxed) }) { finding in
      change { $0.rules?.take(finding) }
    }
    change { $0.rules?.end(ending, in: session.presentState?.name) }
  }
}

extension OpenedDevice {
  /// Whether a rule is one for this device: for its protocol, or for the socket that it is behind.
  public func isBound(by rule: Rule) -> Bool {
    switch rule.protocol {
    case .v1: session?.interface.protocol == .v1
    case .v2: session?.interface.protocol == .v2
    case .vfioUser: surroundings.socket != nil
    }
  }
}
