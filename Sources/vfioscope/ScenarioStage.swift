import Migration
import Rulebook
import Synchronization

/// How far a play has come, for the thread that looks for calls that don't come back.
final class ScenarioStage: Sendable {
  private let play: Mutex<(run: ScenarioRun, output: ScenarioOutput)>

  init(_ run: ScenarioRun, _ output: ScenarioOutput) { play = Mutex((run, output)) }

  /// Takes what there is after a step.
  func keep(_ run: ScenarioRun, _ output: ScenarioOutput) { play.withLock { $0 = (run, output) } }

  /// Ends the play at the step that does not come back, and prints what is to be said of it. The devices are not asked
  /// any more: their states are not known.
  func giveUp(_ why: String, after time: Duration, json: Bool) throws {
    var (run, output) = play.withLock { $0 }
    run.giveUp(why, after: time)
    if !json, let outcome = run.outcomes.last { try output.write(outcome) }
    try output.print(run, in: run.scenario.roles.map { _ in State?.none }, json: json)
  }
}
