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
      "error": JSON(report.fault?.description),
      "bytes": JSON(report.bytes),
      "chunks": JSON(report.chunks),
      "duration_us": JSON(report.duration.microseconds),
      "rate_bytes_per_s": JSON(report.rate.rounded()),
      "downtime_us": report.downtime.map { JSON($0.microseconds) } ?? .null,
      "sha256": JSON(digests.count == 1 ? digests[0] : nil),
      "pre_copy": .string(report.verdict.words),
      "reinit": JSON(report.reinits),
      "phases": .array(report.phases.map(\.json)),
      "forced": forced?.json(report) ?? .null,
    ])
  }

  private func json(of device: (role: String, name: String), at index: Int) -> JSON {
    .object([
      "role": .string(device.role), "device": .string(device.name), "state": JSON(finalState(at: index)),
      "sha256": JSON(digest(at: index)),
    ])
  }

  /// What went out of this device, or into it. Pairs are one source and one destination.
  private func digest(at index: Int) -> String? {
    let index = devices.count > 1 ? index / 2 : index
    return digests.indices.contains(index) ? digests[index] : nil
  }

  private func finalState(at index: Int) -> String? {
    report.states.indices.contains(index) ? report.states[index].state?.name : nil
  }

  /// The report as lines for people.
  var text: [String] {
    var lines = report.phases.map { phase in
      "\(phase.state): \(size(Double(phase.bytes))) in \(counted(phase.chunks, "chunk")), \(phase.duration.milliseconds)"
    }
    let end = forced == nil ? "end seen: all data moved" : "all that can be read was loaded"
    let head = report.fault.map { "not finished: \($0)" } ?? end
    lines.append("\(head), \(report.bytes) bytes, \(report.duration.milliseconds), \(size(report.rate))/s")
    if report.verdict != .unknown { lines.append("pre-copy: \(report.verdict.words)") }
    if report.reinits > 0 { lines.append("pre-copy: begun anew \(counted(report.reinits, "time")) (REINIT)") }
    if let downtime = report.downtime { lines.append("downtime: \(downtime.milliseconds)") }
    if let forced { lines.append(forced.text(report)) }
    lines += digests.enumerated().map { index, digest in
      "SHA-256\(digests.count > 1 ? " of pair \(index + 1)" : ""): \(digest)"
    }
    lines += devices.enumerated().map { "\($1.role) \($1.name): now \(finalState(at: $0) ?? "in an unknown state")" }
    return lines.map(printable)
  }
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

extension Duration {
  /// `12.3 ms`.
  fileprivate var milliseconds: String { "\((microseconds / 100).rounded() / 10) ms" }
}
