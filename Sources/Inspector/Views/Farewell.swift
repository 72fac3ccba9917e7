import Migration

extension DeviceStatus {
  /// What the user should know of a device that is let go, in one line; nil when there is nothing to say.
  func farewell(to name: String, at now: ContinuousClock.Instant, _ journal: Journal) -> String? {
    if let work { return farewell(to: name, at: work, journal) }
    let seen = "it was last seen in \(observation?.state.name ?? "no state")"
    if let look = overdueLook(at: now) {
      return "\(name) had not answered a look for \(seconds(look.since.duration(to: now))); \(seen)."
    }
    if let lookFailure { return "\(name) could not be looked at: \(lookFailure); \(seen)." }
    guard lastStep != nil, let state = observation?.state, state.name != "running" else { return nil }
    return "\(name) was in \(state.name) when it was closed; many drivers go back to running then."
  }

  /// Of a device that is at something. It need not be the one that is waited for.
  private func farewell(to name: String, at work: Work, _ journal: Journal) -> String {
    guard journal.open == nil, let last = journal.lastState else {
      return "\(name) had not answered yet (\(work.name)); its state is not known."
    }
    if let step = journal.lastStep, step.requested == .reset, step.isDone {
      return "\(name) was reset and is in \(last.name); what it held is lost."
    }
    guard last.isResuming || last.isSaving else { return "\(name) was last seen in \(last.name)." }
    let advice = last.isResuming ? " It has only a part of the data: reset it before it is used." : ""
    return "\(name) was left in the middle of it (\(work.name)), last seen in \(last.name).\(advice)"
  }
}
