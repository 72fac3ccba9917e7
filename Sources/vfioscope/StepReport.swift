import VFIO
import Inspector
import Migration

/// What `step --json` prints.
struct StepReport: Encodable {
  let schema = "vfioscope.step/1"
  let device: String
  let `protocol`: OrNull<String>
  let interface: String
  let steps: [Step]
  let notDone: [String]
  let state: OrNull<String>

  struct Step: Encodable {
    let requested: String
    let path: [String]
    let result: String
    let errno: OrNull<String>
    let error: OrNull<String>
    let reached: OrNull<String>
    let brokenRule: OrNull<String>
    let durationUs: Double
  }

  init(_ opened: OpenedDevice, _ results: [StepResult], notDone: [String]) {
    device = opened.reference.description
    self.protocol = OrNull(opened.session?.interface.protocol.rawValue)
    interface = opened.way
    steps = results.map(Step.init)
    self.notDone = notDone
    state = OrNull(results.last?.reached?.name)
  }
}

extension StepReport.Step {
  init(_ result: StepResult) {
    self.init(
      requested: result.requested.name, path: result.path.map(\.name), result: result.failure == nil ? "ok" : "error",
      errno: OrNull(result.errno?.name), error: OrNull(result.failure.map(\.description)),
      reached: OrNull(result.reached?.name), brokenRule: OrNull(result.brokenRule),
      durationUs: result.duration.microseconds)
  }
}

extension StepResult {
  /// The result as lines for people.
  var text: [String] {
    let outcome = failure.map(\.description) ?? "ok"
    let way = path.map(\.name).joined(separator: " → ")
    let head = "\(requested.name): \(way): \(outcome), now \(reached?.name ?? "unknown"), \(duration.microseconds) µs"
    return ([head] + explanation.map { "  \($0)" }).map(printable)
  }

  /// Why the command ends here; nil when it goes on. The lines above have said what there is to say.
  var ending: Failure? {
    if brokenRule != nil { return Failure(.broken) }
    if failure != nil || reached == nil { return Failure(.refused) }
    return nil
  }
}
