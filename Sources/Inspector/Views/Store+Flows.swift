import Migration

/// Moving data: what may begin, and what goes on.
extension Store {
  /// Begins to move data, or says why not. The device that loses its state is armed by that: it was named in the
  /// question.
  func begin(_ job: FlowJob, _ options: TransferOptions) -> Flow? {
    guard let first = job.devices.first, isArmed(first) else {
      message = "Read-only: press a to arm this device first."
      return nil
    }
    for reference in job.devices {
      guard !refuseBusy(reference), isReady(reference) else { return nil }
    }
    let protocols = Set(job.devices.compactMap { status($0)?.facts?.protocol })
    guard protocols.count == 1 else {
      message = "The two devices speak different protocols."
      return nil
    }
    return start(job, options)
  }

  /// Says that a device can't be used, when that is so.
  func isReady(_ reference: DeviceReference) -> Bool {
    guard let status = status(reference), status.facts != nil, status.lookFailure == nil else {
      message = "\(name(of: reference)) is not open, or does not migrate: Enter in the list shows why."
      return false
    }
    return true
  }

  /// The flow that a device takes or took part in.
  func flow(of reference: DeviceReference) -> Flow? { flows[reference] }

  /// What becomes of the devices when what is under way is given up, in sentences.
  var onGivingUp: [String] {
    let ways = flows.values.filter { $0.status.ending == nil }.flatMap(\.job.onGivingUp)
    let plays = stages.values.contains { $0.status.work != nil }
    return Set(ways).sorted() + (plays ? ["The scenario's devices go back to where they were, or are reset."] : [])
  }

  /// The names of what is under way, such as `migrate`.
  var moving: [String] {
    var names: [ObjectIdentifier: String] = [:]
    for flow in flows.values where flow.status.ending == nil { names[ObjectIdentifier(flow)] = flow.job.name }
    for stage in stages.values where stage.status.work != nil { names[ObjectIdentifier(stage)] = stage.name }
    return names.values.sorted()
  }
}
