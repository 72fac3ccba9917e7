// What a step costs beside the bare call to the device, on the simulator, which answers within microseconds.
//
// The bare call is the one that changes the state (v2: FEATURE SET MIG_DEVICE_STATE, v1: a write of device_state). A step
// makes the same call, and besides asks for the state before and after it, plans the path, records and times every
// access, and keeps the result. The overhead is all of that.
import Migration
import Simulator
import VFIO

/// Rounds that are timed one by one; the fastest of each kind counts, as other programs only ever slow one down.
let rounds = 200
/// Changes from running to stop and back in one round.
let changesPerRound = 500

/// Two devices of one profile: one is stepped by a session, one is called with nothing in between.
struct Pair {
  let name: String
  let session: MigrationSession
  let states: [State]
  let bareCall: (State) throws -> Void
}

func pair(_ profile: String) throws -> Pair {
  let journal = Journal()
  let device = RecordingDevice(try SimulatedDevice.open(profile), recorder: journal)
  let bare = try SimulatedDevice.open(profile)
  switch (try MigrationSupport.find(on: device), try MigrationSupport.find(on: bare)) {
  case (.v1(let interface), .v1(let other)):
    return Pair(
      name: "sim:\(profile)", session: MigrationSession(device: device, interface: interface, journal: journal),
      states: [.v1(.stop), .v1(.running)],
      bareCall: { try bare.setRegister($0.number, in: other.region, at: MigrationRegion.Register.deviceState) })
  case (.v2(let interface), .v2):
    return Pair(
      name: "sim:\(profile)", session: MigrationSession(device: device, interface: interface, journal: journal),
      states: [.v2(.stop), .v2(.running)],
      bareCall: { state in
        var data = [UInt8](number: state.number) + [UInt8](number: Int32(-1))
        try bare.set(.migDeviceState, data: &data)
      })
  default: fatalError("\(profile) does not migrate")
  }
}

/// The shortest of many rounds, in microseconds a change.
func fastest(_ states: [State], _ change: (State) throws -> Void) rethrows -> Double {
  var best = Duration.seconds(1)
  for _ in 0..<rounds {
    let start = ContinuousClock.now
    for number in 0..<changesPerRound { try change(states[number % states.count]) }
    best = min(best, start.duration(to: .now))
  }
  return best / .microseconds(changesPerRound)
}

func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: width - text.count) + text }
func row(_ name: String, _ values: [String]) -> String {
  name + right("", 34 - name.count) + values.map { right($0, 12) }.joined()
}

print(row("", ["bare µs", "step µs", "overhead µs"]))
for profile in ["v1-reference,size=64K", "v2-reference,flags=1,size=64K", "v2-reference,flags=7,size=64K"] {
  let pair = try pair(profile)
  let bare = try fastest(pair.states, pair.bareCall)
  let step = fastest(pair.states) { state in
    let result = pair.session.step(.state(state))
    precondition(result.reached == state, "the step to \(state.name) ended elsewhere")
  }
  print(row(pair.name, [bare, step, step - bare].map { "\(($0 * 100).rounded() / 100)" }))
}
