import Migration

extension DeviceStatus {
  /// What the user should know of a device that is let go, in one line; nil when there is nothing to say.
  func farewell(to name: String, at now: ContinuousClock.Instant) -> String? {
    if let work { return "\(name) had not answered yet (\(work.name)); its state is not known." }
    let seen = "it was last seen in \(observation?.state.name ?? "no state")"
    if let look = overdueLook(at: now) {
      return "\(name) had not answered a look for \(seconds(look.since.duration(to: now))); \(seen)."
    }
    if let lookFailure { return "\(name) could not be looked at: \(lookFailure); \(seen)." }
    guard lastStep != nil, let state = observation?.state, state.name != "running" else { return nil }
    return "\(name) was in \(state.name) when it was closed; many drivers go back to running then."
  }
}
