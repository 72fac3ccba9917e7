import Inspector
import Migration
import VFIO

/// What `step --json` prints.
struct StepReport {
  let opened: OpenedDevice
  let results: [StepResult]
  /// The names of the requests that were not made, because one before them failed.
  let notDone: [String]

  var json: JSON {
    .object([
      "schema": .string("vfioscope.step/1"),
      "device": .string(opened.reference.description),
      "protocol": JSON(opened.session?.interface.protocol.rawValue),
      "interface": .string(opened.way),
      "steps": .array(results.map(\.json)),
      "not_done": JSON(notDone),
      "state": JSON(results.last?.reached?.name),
    ])
  }
}

extension StepResult {
  fileprivate var json: JSON {
    .object([
      "requested": .string(requested.name),
      "path": JSON(path.map(\.name)),
      "result": .string(withheld != nil ? "withheld" : failure == nil ? "ok" : "error"),
      "errno": JSON(errno?.name),
      "error": JSON(withheld ?? failure?.description),
      "reached": JSON(reached?.name),
      "broken_rule": JSON(brokenRule),
      "duration_us": JSON(duration.microseconds),
    ])
  }
}

extension StepResult {
  /// The result as lines for people.
  var text: [String] {
    ([line] + explanation.map { "  \($0)" }).map(printable)
  }

  /// Why the command ends here; nil when it goes on. The lines above have said what there is to say.
  var ending: Failure? {
    if brokenRule != nil { return Failure(.broken) }
    if let withheld { return Failure(failure == nil ? .unarmed : .refused, "\(requested.name): \(withheld)") }
    if failure != nil || reached == nil { return Failure(.refused) }
    return nil
  }
}
