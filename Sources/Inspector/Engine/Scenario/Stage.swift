import Dispatch
import Migration
import Rulebook
import Synchronization
import VFIO

/// Plays a scenario while the screen goes on: the devices are lent to it for one step at a time, so that they are looked
/// at between two steps.
final class Stage: Sendable {
  /// What is played.
  let scenario: Scenario
  /// The devices, in the order of the scenario's roles.
  let devices: [DeviceReference]

  private let worker: Worker
  private let onChange: @Sendable () -> Void
  private let contents: Mutex<StageStatus>

  /// A play that has not begun. `onChange` is called after every change of `status`, on any thread.
  init(
    _ scenario: Scenario, _ devices: [DeviceReference], execution: Execution = .queue,
    onChange: @escaping @Sendable () -> Void = {}
  ) {
    (self.scenario, self.devices, self.onChange) = (scenario, devices, onChange)
    worker = Worker(execution, label: "scenario \(scenario.name)")
    contents = Mutex(StageStatus(run: ScenarioRun(scenario)))
  }

  /// What can be done with it.
  enum Command: Sendable {
    /// Plays the next step.
    case next
    /// Plays all that is left.
    case toEnd
    /// Resets the devices, and begins anew.
    case backToStart
  }

  /// What is known of it.
  var status: StageStatus { contents.withLock { $0 } }

  /// The name it is shown by where devices are at work.
  var name: String { "scenario \(scenario.name)" }

  /// Does something on these devices, which are its own, in their order. Only one thing is done at a time.
  func perform(_ command: Command, on handles: [DeviceHandle]) {
    change { status in
      status.work = command
      status.isCancelled = false
      status.trouble = nil
    }
    worker.perform { [self] in
      switch command {
      case .next: playNext(on: handles)
      case .toEnd: while status.run.ending == nil { playNext(on: handles) }
      case .backToStart: lend(handles) { self.reset($0) }
      }
      // With its ending a play was over already, and something else may have been asked for since.
      change { if $0.run.ending == nil { $0.work = nil } }
    }
  }

  /// Asks it to end. A device that does not answer is waited for.
  func cancel() { change { $0.isCancelled = true } }

  /// Ends it for good: asks it to end, and then brings its devices, which these are, back out of what it was at.
  func leave(on handles: [DeviceHandle]) {
    cancel()
    worker.perform { [self] in
      lend(handles) { self.putBack($0) }
      change { $0.isLeft = true }
    }
  }

  private func change(_ body: (inout StageStatus) -> Void) {
    contents.withLock { body(&$0) }
    onChange()
  }

  /// Lends the devices, and waits until they have been given back and looked at.
  private func lend(_ handles: [DeviceHandle], _ body: @escaping @Sendable ([OpenedDevice]) -> Void) {
    let areBack = DispatchSemaphore(value: 0)
    DeviceHandle.lend(handles, for: name, body)
    // The first one is given back last.
    handles.first?.perform { _ in areBack.signal() }
    if !handles.isEmpty { areBack.wait() }
  }

  /// Plays a step. It is shown when the devices are back: whoever sees the end may go back to the start at once.
  private func playNext(on handles: [DeviceHandle]) {
    let played = Played(status.run)
    lend(handles) { [self] devices in
      let cast = cast(of: devices)
      played.run.withLock { $0.playNext(on: cast, isCancelled: { self.status.isCancelled }) }
    }
    let run = played.run.withLock { $0 }
    change { status in
      status.run = run
      if run.ending != nil { status.work = nil }
    }
  }

  /// A play on its way to the devices' queue and back.
  private final class Played: Sendable {
    let run: Mutex<ScenarioRun>

    init(_ run: ScenarioRun) { self.run = Mutex(run) }
  }

  // MARK: on the devices' queue

  private func cast(of devices: [OpenedDevice]) -> ScenarioRun.Cast {
    let actors = devices.compactMap { device in device.session.map { ScenarioActor($0, faults: device.faults) } }
    // Which one is missing can't be told any more; the scenario says that it is not open.
    guard actors.count == self.devices.count else { return [:] }
    return Dictionary(uniqueKeysWithValues: zip(scenario.roles, actors))
  }

  /// Brings the devices to where the play has begun. Those that were loaded come first, and are reset: they never run
  /// beside the one whose data they hold.
  private func putBack(_ devices: [OpenedDevice]) {
    let run = status.run
    // It has come to its end meanwhile: the devices are where it leaves them.
    guard run.ending != .played else { return }
    let cast = zip(scenario.roles, devices).map { (role: $0, device: $1, wasLoaded: wasLoaded($0, $1, run)) }
    for (_, device, wasLoaded) in cast.filter(\.wasLoaded) + cast.filter({ !$0.wasLoaded }) {
      switchFaultsOff(device)
      guard let session = device.session, let now = session.presentState else { continue }
      if wasLoaded || now.isError {
        session.step(.reset)
      } else if !now.isSame(as: scenario.begins) {
        session.step(.state(scenario.begins))
      }
    }
  }

  /// Whether the device has been where it takes data: what it held is lost, as it was said before.
  private func wasLoaded(_ role: Scenario.Role, _ device: OpenedDevice, _ run: ScenarioRun) -> Bool {
    device.session?.presentState?.isResuming == true
      || run.outcomes.contains { scenario.steps[$0.step].role == role && $0.state?.isResuming == true }
  }

  private func switchFaultsOff(_ device: OpenedDevice) {
    for word in scenario.injectedFaults { _ = device.faults?.off(word) }
  }

  private func reset(_ devices: [OpenedDevice]) {
    var trouble: String?
    for (reference, device) in zip(self.devices, devices) {
      // Faults that a play has left on would be in the way of the next one, and of the reset.
      switchFaultsOff(device)
      guard let result = device.session?.step(.reset), !result.isDone else { continue }
      trouble = "\(reference) could not be reset: \(result.outcome)."
    }
    change { status in
      status.run = ScenarioRun(scenario)
      status.trouble = trouble
    }
  }
}

/// What is known of a play, for a view to draw: values only.
struct StageStatus: Sendable {
  /// The play so far.
  var run: ScenarioRun
  /// What is being done; nil when it waits for the user.
  var work: Stage.Command?
  /// The user has given up.
  var isCancelled = false
  /// It was ended for good, and its devices are back.
  var isLeft = false
  /// Why it is not where it should be; nil when it is.
  var trouble: String?

  init(run: ScenarioRun) {
    self.run = run
  }

  /// Whether a step has been played, or could not be.
  var hasBegun: Bool { !run.outcomes.isEmpty || run.ending != nil }

  /// What became of a step the last time it was played.
  func outcome(of step: Int) -> ScenarioOutcome? { run.outcomes.last { $0.step == step } }
}
