import Rulebook

extension CheckReport {
  /// The report for programs.
  var json: JSON {
    .members([
      [
        "schema": .string("vfioscope.check/1"),
        "device": .string(device),
        "interface": .string(way),
        "protocol": .string(self.protocol),
        "flags": JSON(flags),
        "allowed": .string(permission.rawValue),
        "found_state": JSON(foundState),
        "state": JSON(finalState),
        "ending": .string(endingWord),
        "trouble": JSON(trouble),
        "duration_us": JSON(duration.microseconds),
        "counts": .members([
          [
            "pass": JSON(count(.pass)), "fail": JSON(count(.fail)), "warn": JSON(count(.warn)),
            "info": JSON(count(.info)), "skip": JSON(count(.skip)),
          ]
        ]),
        "findings": .array(findings.map(\.json)),
      ]
    ])
  }

  private var endingWord: String {
    switch ending {
    case .complete: "complete"
    case .lost, nil: "lost"
    case .cancelled: "cancelled"
    }
  }
}

extension Finding {
  fileprivate var json: JSON {
    .object([
      "rule": .string(rule.id),
      "level": .string(rule.level.rawValue),
      "proposed": .bool(rule.isProposed),
      "binds": .string(rule.binds.rawValue),
      "harm": .string(rule.harm.rawValue),
      "verdict": .string(verdict.rawValue),
      "seen": .string(words),
      "duration_us": JSON(duration.microseconds),
      "evidence": JSON(evidence),
    ])
  }
}

extension Rule {
  /// The rule for programs.
  func json(with breakers: Breakers) -> JSON {
    .members([
      [
        "rule": .string(id),
        "protocol": .string(self.protocol.rawValue),
        "level": .string(level.rawValue),
        "proposed": .bool(isProposed),
        "derived": .bool(isDerived),
        "binds": .string(binds.rawValue),
        "harm": .string(harm.rawValue),
        "statement": .string(statement),
        "check": .string(check),
        "untestable": JSON(untestable),
        "sources": JSON(sources.map(\.name)),
        "observed": .array(observed.map { .object(["who": .string($0.who), "what": .string($0.what)]) }),
        "broken_by": JSON(breakers.always(id)),
        "broken_by_served": JSON(breakers.onlyServed(id)),
      ]
    ])
  }
}
