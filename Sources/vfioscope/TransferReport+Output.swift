import Inspector
import Migration

/// What save, load and migrate print.
struct TransferOutput {
  let command: String
  let devices: [(role: String, name: String)]
  let report: TransferReport
  /// The SHA-256 of all bytes, in hexadecimal; of each pair's when there are several; empty when none was made.
  let digests: [String]
  /// What was wrong with the data, when it was loaded all the same.
  var forced: ForcedLoad?

  /// The report as JSON.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.\(command)/1"),
      "devices": .array(devices.enumerated().map { json(of: $1, at: $0) }),
      "result": .string(report.fault == nil ? "ok" : "error"),
      "error": JSON(fault),
      "error_device": JSON(faulty?.name),
      "bytes": JSON(report.bytes),
      "chunks": JSON(report.chunks),
      "duration_us": JSON(report.duration.microseconds),
      "rate_bytes_per_s": JSON(report.rate.rounded()),
      "downtime_us": report.downtime.map { JSON($0.microseconds) } ?? .null,
      "sha256": JSON(digests.count == 1 ? digests[0] : nil),
      "pre_copy": report.preCopyEnd.map { json(of: $0) } ?? .null,
      "reinit": JSON(report.reinits),
      "phases": .array(report.phases.map(\.json)),
      "forced": forced?.json(report) ?? .null,
    ])
  }

  private func json(of device: (role: String, name: String), at index: Int) -> JSON {
    .object([
      "role": .string(device.role), "device": .string(device.name), "state": JSON(finalState(at: index)),
      "sha256": JSON(digest(at: index)), "reset": place(at: index)?.reset.map { .bool($0.isDone) } ?? .null,
    ])
  }

  private func json(of end: TransferReport.PreCopyEnd) -> JSON {
    var time: Double?
    if case .converging(let left) = report.verdict { time = left.microseconds }
    return .object([
      "ended_by": .string(end.rawValue), "verdict": .string(report.verdict.name),
      "target_us": JSON(report.downtimeTarget.microseconds), "target_met_in_us": time.map { JSON($0) } ?? .null,
    ])
  }

  /// The device that the fault is about, when it is to be told from others.
  private var faulty: (role: String, name: String)? {
    guard devices.count > 1, let index = report.faulty, devices.indices.contains(index) else { return nil }
    return devices[index]
  }

  /// Why it did not come to its end, and what can be done about it.
  private var fault: String? {
    if case .stream(let fault)? = report.fault { fault.advice } else { report.fault?.description }
  }

  private func place(at index: Int) -> TransferReport.FinalState? {
    report.states.indices.contains(index) ? report.states[index] : nil
  }

  /// What went out of this device, or into it. Pairs are one source and one destination.
  private func digest(at index: Int) -> String? {
    let index = devices.count > 1 ? index / 2 : index
    return digests.indices.contains(index) ? digests[index] : nil
  }

  private func finalState(at index: Int) -> String? { place(at: index)?.state?.name }

  /// Where a device was left, in words.
  private func words(of index: Int) -> String {
    let now = "now \(finalState(at: index) ?? "in an unknown state")"
    if let lost = place(at: index)?.lostWay, !report.isWhole {
      return "did not go on as before, as \(lost.whyNot), \(now)"
    }
    if let useless = place(at: index)?.uselessReset { return "\(useless.what), \(now): \(useless.advice)" }
    return place(at: index)?.reset == nil ? now : "was reset, \(now); what it held is lost"
  }

  /// The report as lines for people.
  var text: [String] {
    var lines = report.phases.map { phase in
      "\(phase.state): \(size(Double(phase.bytes))) in \(counted(phase.chunks, "chunk")), \(phase.duration.milliseconds)"
    }
    let end = forced == nil ? "end seen: all data moved" : "all that can be read was loaded"
    let about = faulty.map { "\($0.role) \($0.name): " } ?? ""
    let head = fault.map { (report.isWhole ? "\(end), but " : "not finished: ") + "\(about)\($0)" } ?? end
    lines.append("\(head), \(report.bytes) bytes, \(report.duration.milliseconds), \(size(report.rate))/s")
    if let meaning = report.fault?.meaning { lines.append(meaning) }
    if let end = report.preCopyEnd { lines.append("pre-copy: \(words(of: end))") }
    if report.reinits > 0 { lines.append("pre-copy: begun anew \(counted(report.reinits, "time")) (REINIT)") }
    if let downtime = report.downtime {
      lines.append("downtime: \(downtime.milliseconds)\(report.preCopyEnd == nil ? "" : missed(by: downtime))")
    }
    if let forced { lines.append(forced.text(report)) }
    lines += digests.enumerated().map { index, digest in
      "SHA-256\(digests.count > 1 ? " of pair \(index + 1)" : ""): \(digest)"
    }
    lines += devices.enumerated().map { "\($1.role) \($1.name): \(words(of: $0))" }
    return lines.map(printable)
  }

  private func missed(by downtime: Duration) -> String {
    guard downtime > report.downtimeTarget else { return "" }
    let isMore = report.preCopyEnd == .target && report.isMoreThanSaid
    let why = isMore ? ": the device had more than it had said" : ""
    return ", over the target of \(target)\(why)"
  }

  private var target: String { report.downtimeTarget.milliseconds }

  /// What is said of pre-copy when its time was over.
  private var judged: String {
    switch report.verdict {
    case .converging(let time): ", which would have taken about \(max(1, time.components.seconds)) s more"
    case .notConverging: ": not converging"
    case .unknown, .targetMet: ""
    }
  }

  /// What the devices said was left when they were stopped.
  private var left: String {
    report.phases.first?.left?.remaining.map { "\(size(Double($0))) left" } ?? "what is left is not known"
  }

  private func words(of end: TransferReport.PreCopyEnd) -> String {
    switch end {
    case .target: return "target of \(target) met"
    case .time where report.verdict == .targetMet:
      return "ended by --max-pre-copy-time with initial data left, which the destination needs first"
    case .time: return "ended by --max-pre-copy-time before the target of \(target) was met\(judged)"
    case .silence:
      return "ended when the device gave no more, \(report.verdict == .targetMet ? "target of \(target) met" : left)"
    }
  }
}

extension StreamFault {
  /// The fault, and the option that helps where there is one.
  var advice: String { kind == .taken ? "\(self); --replace replaces it" : description }
}

extension TransferReport.Phase {
  fileprivate var json: JSON {
    .object([
      "state": .string(state), "bytes": JSON(bytes), "chunks": JSON(chunks),
      "duration_us": JSON(duration.microseconds), "rate_bytes_per_s": JSON(rate.rounded()),
      "left": left?.json ?? .null,
    ])
  }
}

extension Estimate {
  fileprivate var json: JSON {
    .object([
      "pending_bytes": JSON(pending), "initial_bytes": JSON(initial), "dirty_bytes": JSON(dirty),
      "stop_copy_length_bytes": JSON(stopCopy),
    ])
  }
}

extension Convergence.Verdict {
  /// The answer as a word for a script.
  fileprivate var name: String {
    switch self {
    case .unknown: "unknown"
    case .converging: "converging"
    case .notConverging: "not converging"
    case .targetMet: "target met"
    }
  }
}

extension Duration {
  /// `12.3 ms`.
  var milliseconds: String { "\((microseconds / 100).rounded() / 10) ms" }
}
