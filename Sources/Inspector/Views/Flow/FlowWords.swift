import Migration
import Terminal
import VFIO

/// What a flow comes to, in sentences.
struct FlowWords {
  private let flow: Flow
  private let status: FlowStatus
  private let store: Store

  init(_ flow: Flow, _ status: FlowStatus, _ store: Store) {
    self.flow = flow
    self.status = status
    self.store = store
  }

  /// Lines with their looks.
  typealias Line = (text: String, style: Style)

  func lines(_ glyphs: Glyphs) -> [Line] {
    switch status.ending {
    case nil: goingOn
    case .refused(let why): [("\(glyphs.failure) Nothing was done: \(why)", .danger)]
    case .report(let report):
      // On a small screen the end is cut off: where the devices are matters most.
      ending(report, glyphs) + (places(report) + [figures(report)] + checksum).map { ($0, .normal) }
    }
  }

  // MARK: while it goes on

  private var goingOn: [Line] {
    if status.left != nil || status.digestLeft != nil {
      let device = status.left?.isRunning == false ? "The device has given all its data." : "The device goes on."
      let file =
        status.digestLeft.map { "The SHA-256 of its data is being made: \(size(Double($0))) left." }
        ?? "The file is being completed."
      return [("\(device) \(file)", .normal)] + (status.isCancelled ? [("Giving up …", .warning)] : [])
    }
    // A long file is looked at before anything is asked of a device, and that can't be ended.
    if !status.isAsking && flow.job.source == nil {
      return [
        (status.isCancelled ? "Giving up when the file has been looked at …" : "The file is being looked at.", .dim)
      ]
    }
    guard let progress = status.progress else {
      return [(status.isCancelled ? "Giving up …" : "The devices are being prepared.\(silence)", .dim)]
    }
    var lines = [verdict(progress)]
    let estimated = progress.estimatedDowntime.map { "about \(took($0)) if stopped now" } ?? "not known yet"
    let left = progress.estimate.remaining.map { ", \(size(Double($0))) left" } ?? ""
    if flow.job.source != nil {
      lines.append(
        (
          "Downtime: target \(took(flow.options.downtimeTarget)), \(estimated)\(left), \(size(progress.rate))/s",
          .normal
        ))
    }
    if status.isCancelled { lines.append(("Giving up …", .warning)) }
    if !silence.isEmpty { lines.append((String(silence.dropFirst()), .warning)) }
    return lines
  }

  private func verdict(_ progress: TransferProgress) -> Line {
    guard progress.state.isRunning else {
      return (
        flow.job.source == nil ? "The device takes its data." : "The source is stopped; the rest is moved.", .normal
      )
    }
    let words = "Pre-copy: \(progress.verdict.words)"
    if progress.reinits > 1 {
      return (
        "\(words); the device keeps beginning anew (REINIT), \(progress.reinits) times so far.", .warning
      )
    }
    return switch progress.verdict {
    case .unknown: (words, .dim)
    case .converging where progress.isTooLate:
      ("\(words), which is too late: pre-copy ends in \(seconds(progress.preCopyLeft ?? .zero)).", .warning)
    case .targetMet, .converging: (words, .good)
    case .notConverging:
      (
        "\(words). The device changes its state as fast as it is moved; it is stopped after "
          + "\(seconds(flow.options.limits.preCopyTime)) of this.", .warning
      )
    }
  }

  /// A device that hangs gives no figures.
  private var silence: String {
    let silent = status.lastNews.duration(to: store.now)
    guard silent > .seconds(2) else { return "" }
    let way = status.isCancelled ? "" : "x asks it to end, "
    return " No answer for \(seconds(silent)). \(way)q leaves the program all the same."
  }

  // MARK: afterwards

  private func ending(_ report: TransferReport, _ glyphs: Glyphs) -> [Line] {
    guard let fault = report.fault else { return [("\(glyphs.check) End seen: all data was moved.", .good)] }
    if report.isWhole {
      let about = flow.job.devices.count > 1 ? "the source: " : ""
      return [("\(glyphs.failure) End seen: all data was moved, but \(about)\(fault).", .danger)]
    }
    if fault == .cancelled { return [("\(glyphs.failure) Given up before the end.", .warning)] }
    let advice = [fault.meaning, fault.isAccess ? "J in the device's view has every access." : nil].compactMap { $0 }
    let lines = advice.isEmpty ? [] : [(advice.joined(separator: " "), Style.normal)]
    return [("\(glyphs.failure) Not finished: \(fault)", .danger)] + lines
  }

  private func figures(_ report: TransferReport) -> String {
    var parts = [
      "\(grouped(report.bytes)) bytes in \(took(report.duration)), \(size(report.rate))/s"
    ]
    if let downtime = report.downtime {
      parts.append("downtime \(took(downtime)), target \(took(flow.options.downtimeTarget))")
    }
    if let end = report.preCopyEnd { parts.append("pre-copy: \(words(of: end, report))") }
    return parts.joined(separator: "; ") + "."
  }

  private func words(of end: TransferReport.PreCopyEnd, _ report: TransferReport) -> String {
    switch end {
    case .target: "target met"
    case .time where report.verdict == .targetMet: "ended by its time, with initial data left"
    case .time: "ended by its time, target not met"
    case .silence: "ended when nothing more came"
    }
  }

  private var checksum: [String] { status.sha256.map { $0.isEmpty ? [] : ["SHA-256 \($0)"] } ?? [] }

  /// Where the devices were left.
  private func places(_ report: TransferReport) -> [String] {
    report.places(of: flow.job.devices.map(store.name))
  }
}

extension TransferReport {
  /// Where the devices of these names were left, a sentence each or two.
  func places(of names: [String]) -> [String] {
    zip(names, states).map { name, last in
      guard let state = last.state else { return "\(name): its state could not be read back; treat it as unknown." }
      let what =
        if let useless = last.uselessReset {
          "\(useless.what) and is in \(state.name); \(useless.advice)"
        } else if last.reset != nil {
          "was reset and is in \(state.name); what it held is lost"
        } else {
          "is in \(state.name), read back"
        }
      let lost = isWhole ? "" : last.lostWay.map { " It did not go on as before: \($0.whyNot)." } ?? ""
      return "\(name) \(what).\(lost)\(state.isError ? " Only a reset helps: s in its view." : "")"
    }
  }
}

extension TransferFault {
  fileprivate var isAccess: Bool { if case .device = self { true } else { false } }
}
