import Migration
import Rulebook

/// Leaving the program in the middle of something.
extension Store {
  /// Gives up whatever goes on; nil when nothing does.
  func leave(at now: ContinuousClock.Instant = .now) -> Leaving? {
    let undertakings = flowUndertakings + playUndertakings + callUndertakings + watchUndertakings
    return undertakings.isEmpty ? nil : Leaving(undertakings, at: now)
  }

  private var flowUndertakings: [Undertaking] {
    let goingOn = distinct(flows.values).filter { $0.status.ending == nil }
    return goingOn.sorted { name(of: $0.job) < name(of: $1.job) }.map { flow in
      let handles = handles(of: flow.job.devices)
      return Undertaking(
        name: name(of: flow.job), devices: handles, giveUp: flow.cancel,
        isOver: {
          flow.status.isUntouched || flow.status.ending != nil && handles.allSatisfy { $0.status.work == nil }
        },
        words: { self.words(of: flow) }, unfinished: ["\(name(of: flow.job)) did not come to its end."],
        rescue: { flow.rescueDevices(allBut: $0, in: $1) },
        part: { flow.part })
    }
  }

  private var playUndertakings: [Undertaking] {
    let goingOn = distinct(stages.values).filter { $0.status.work != nil }
    return goingOn.sorted { $0.name < $1.name }.map { stage in
      let handles = handles(of: stage.devices)
      return Undertaking(
        name: "The \(stage.name)", devices: handles, giveUp: { stage.leave(on: handles) },
        isOver: { stage.status.isLeft && handles.allSatisfy { $0.status.work == nil } },
        words: {
          let end =
            switch stage.status.run.ending {
            case .played: "was done before it could be given up"
            case nil, .cancelled: "was given up"
            default: "had ended before it could be given up"
            }
          return ["The \(stage.name) \(end)."] + handles.map(self.place)
        },
        unfinished: ["The \(stage.name) did not come to its end."])
    }
  }

  /// Checks, faults, and single calls, which only have to be answered.
  private var callUndertakings: [Undertaking] {
    let kept = Set((flowUndertakings + playUndertakings).flatMap(\.devices).map(\.reference))
    return opened.compactMap { handle in
      guard !kept.contains(handle.reference), let work = handle.status.work, handle.status.phase != .opening else {
        return nil
      }
      let name = name(of: work, on: handle)
      let (checks, makes) = (handle.status.rules?.isRunning == true, handle.status.fault?.isRunning == true)
      return Undertaking(
        name: name, devices: [handle],
        giveUp: {
          handle.cancelChecks()
          // It may be that logging is just being switched on.
          if handle.status.dirty == nil { handle.endDirtyPagesAfterwards() }
        }, isOver: { handle.status.work == nil && handle.status.dirty == nil },
        words: {
          // The answer to a single call is told with its device.
          guard checks || makes else { return [] }
          let ending = checks ? handle.status.rules?.report.ending : handle.status.fault?.ending
          let end = ending == .cancelled ? "was given up" : "was done before it could be given up"
          return ["\(name) \(end).", self.place(handle)]
        })
    }
  }

  private var watchUndertakings: [Undertaking] {
    opened.filter { $0.status.dirty != nil }.map { handle in
      let name = "Dirty page logging of \(name(of: handle.reference))"
      return Undertaking(
        name: name, devices: [handle],
        giveUp: { handle.status.work == nil ? handle.endDirtyPages() : handle.endDirtyPagesAfterwards() },
        isOver: { handle.status.dirty == nil && handle.status.work == nil },
        words: {
          let failure = handle.status.actionFailure
          return [failure.map { "\(name) could not be switched off: \($0)." } ?? "\(name) was switched off."]
        }, unfinished: ["\(name) was not switched off."])
    }
  }

  private func distinct<Thing: AnyObject>(_ things: some Sequence<Thing>) -> [Thing] {
    var seen: Set<ObjectIdentifier> = []
    return things.filter { seen.insert(ObjectIdentifier($0)).inserted }
  }

  // MARK: in words

  private func name(of job: FlowJob) -> String {
    switch job {
    case .migrate(let source, let destination): "The migration of \(name(of: source)) to \(name(of: destination))"
    case .save(let source, let path): "The save of \(name(of: source)) to \(path)"
    case .load(let destination, let path): "The load of \(name(of: destination)) from \(path)"
    }
  }

  private func name(of work: DeviceStatus.Work, on handle: DeviceHandle) -> String {
    let (device, status) = (name(of: handle.reference), handle.status)
    if status.rules?.isRunning == true { return "The check of the rules of \(device)" }
    if let fault = status.fault, fault.isRunning { return "The fault \(fault.fault.name) on \(device)" }
    return "\(device): \(work.name)"
  }

  private func words(of flow: Flow) -> [String] {
    let name = name(of: flow.job)
    let report: TransferReport
    switch flow.status.ending {
    case .report(let ending): report = ending
    case .refused(let why) where !flow.status.isCancelled: return ["\(name): nothing was done: \(why)"]
    case nil, .refused: return ["\(name) was given up before anything was asked of a device."]
    }
    let end: String
    switch report.fault {
    case nil: end = "was done before it could be given up"
    case .cancelled?: end = "was given up"
    case let fault? where report.isWhole: end = "was done before it could be given up, but \(fault)"
    case let fault?: end = "was not finished: \(fault)"
    }
    return ["\(name) \(end)."] + report.places(of: flow.job.devices.map(self.name))
  }

  private func place(_ handle: DeviceHandle) -> String {
    let (name, status) = (name(of: handle.reference), handle.status)
    guard status.lookFailure == nil, let state = status.observation?.state else {
      return "\(name): its state could not be read back; treat it as unknown."
    }
    let isReset = status.lastStep?.requested == .reset && status.lastStep?.isDone == true
    return isReset
      ? "\(name) was reset and is in \(state.name); what it held is lost." : "\(name) is in \(state.name), read back."
  }
}
