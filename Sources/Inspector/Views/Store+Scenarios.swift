import Migration
import Rulebook

/// Playing scenarios: what may be begun, and what goes on.
extension Store {
  /// Makes a play on these devices ready; nothing is done to them yet.
  func prepare(_ scenario: Scenario, on devices: [DeviceReference]) -> Stage {
    devices.forEach(open)
    return keep(Stage(scenario, devices, execution: execution, onChange: onChange))
  }

  /// Does something in a play, or says why not. The devices are armed by it: what becomes of them was said in a question.
  func perform(_ command: Stage.Command, on stage: Stage, arming: Bool) {
    guard stage.status.work == nil else { return }
    for reference in stage.devices {
      if !arming && refuseUnarmed(reference) { return }
      guard !refuseBusy(reference), isReady(reference) else { return }
    }
    arm(stage.devices)
    stage.perform(command, on: handles(of: stage.devices))
  }

  /// The play in which a device has a role and that has begun and not ended.
  func openStage(of reference: DeviceReference) -> Stage? {
    guard let stage = stage(of: reference) else { return nil }
    let status = stage.status
    return status.hasBegun && status.run.ending == nil || status.work != nil ? stage : nil
  }
}
