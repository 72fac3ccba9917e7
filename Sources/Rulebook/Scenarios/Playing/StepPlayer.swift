import Glibc
import Migration
import VFIO

/// What a step has done.
struct Deed: Sendable {
  /// Why the device refused; nil when it did not.
  var failure: DeviceError.Reason?
  /// How reading ended.
  var got: Expectation.Got?
  /// Bytes that were moved.
  var bytes = 0
  /// Chunks that were moved.
  var chunks = 0
  /// What was seen, in words; may be empty.
  var words = ""
  /// Why the scenario can't go on, whatever is expected.
  var obstacle: String?
  /// The user gave up in the middle of it.
  var isCancelled = false
}

/// Plays one step on its device and looks whether it came out as expected.
struct StepPlayer {
  /// What became of it.
  struct Report {
    let seen: String
    let failure: String?
    let state: State?
    let duration: Duration
    let deed: Deed
  }

  private let step: Scenario.Step
  let actor: ScenarioActor
  private let harm: Rule.Harm
  /// When it began, as the journal counts.
  private let start: ContinuousClock.Instant
  /// When it began, and when it has to end, really: no other clock ends a wait.
  private let began = ContinuousClock.now
  private let deadline: ContinuousClock.Instant
  let isCancelled: @Sendable () -> Bool

  /// A step that may do so much harm, and take so long.
  init(
    _ step: Scenario.Step, _ actor: ScenarioActor, harm: Rule.Harm, time: Duration,
    isCancelled: @escaping @Sendable () -> Bool
  ) {
    (self.step, self.actor, self.harm, self.isCancelled) = (step, actor, harm, isCancelled)
    start = actor.session.journal.now
    deadline = began + time
  }

  var session: MigrationSession { actor.session }

  private var elapsed: Duration { start.duration(to: session.journal.now) }

  func play(_ memory: inout ScenarioMemory) -> Report {
    if let needed = step.needed, !session.interface.states.contains(needed) {
      let deed = Deed(words: "passed over, the device has no \(needed.name)")
      let state = session.stateAtAGlance
      return Report(seen: seen(deed, state), failure: nil, state: state, duration: elapsed, deed: deed)
    }
    let before = session.stateAtAGlance
    var deed = before == nil && !isForTheGone ? gone : act(&memory, from: before)
    let state = session.stateAtAGlance
    if deed.obstacle == nil && !deed.isCancelled {
      let judged = Sight(session, memory, deed).judge(step.expected)
      deed.obstacle = state == nil && !isForTheGone ? gone.obstacle : judged.mismatch
      deed.words = ([deed.words] + judged.seen).filter { !$0.isEmpty }.joined(separator: ", ")
    }
    return Report(
      seen: seen(deed, state), failure: deed.obstacle, state: state, duration: elapsed, deed: deed)
  }

  /// Whether it can be played though the device does not tell its state: a reset may help, and a fault may be why.
  private var isForTheGone: Bool {
    switch step.action {
    case .reset, .inject: true
    default: false
    }
  }

  /// The device does not even tell its state: it has gone away, or its server has.
  private var gone: Deed {
    var deed = Deed()
    do throws(DeviceError) {
      _ = try session.readState()
    } catch {
      deed.obstacle = "the device does not tell its state any more: \(error.reason)"
    }
    return deed
  }

  private func seen(_ deed: Deed, _ state: State?) -> String {
    let outcome = deed.failure.map(\.description)
    let now = "now \(state?.name ?? "unknown")"
    return [outcome, deed.words.isEmpty ? nil : deed.words, now].compactMap { $0 }.joined(separator: ", ")
  }

  private func act(_ memory: inout ScenarioMemory, from before: State?) -> Deed {
    switch step.action {
    case .look: look()
    case .ask(let state): request(.state(state), from: before)
    case .raw(let number): request(.raw(number), from: before)
    case .reset: request(.reset, from: before)
    case .read(let amount, let name, let time): read(amount, into: name, until: min(deadline, began + time), &memory)
    case .load(let damage, let name): load(damage, memory.chunks[name] ?? [], until: deadline)
    case .wait(let time, let until): wait(until: min(deadline, began + time), until, memory)
    case .remember(let field, let name): remember(field, as: name, &memory)
    case .inject(let name, let isOn): inject(name, isOn)
    case .repeat: Deed()
    }
  }

  /// Reads the state once more, for the journal; the values are read when they are compared.
  private func look() -> Deed {
    _ = session.presentState
    return Deed()
  }

  private func request(_ request: Request, from before: State?) -> Deed {
    var deed = Deed()
    // The scenario was found harmless enough before it began; a device in another state than it was thought to be in
    // must not make it worse.
    if let before, let plan = session.plan(request, from: before), plan.danger.harm > harm {
      deed.obstacle =
        "from \(before.name) this would do more to the device than the scenario says (\(harm.rawValue)); not asked"
      return deed
    }
    let result = session.step(request)
    deed.failure = result.failure
    if let withheld = result.withheld { deed.obstacle = "not asked: \(withheld)" }
    // What the file allows is looked at later; what the protocol forbids is a failure all the same.
    if step.expected.states.isEmpty, let broken = result.brokenRule { deed.obstacle = broken }
    return deed
  }

  private func wait(until end: ContinuousClock.Instant, _ until: Expectation?, _ memory: ScenarioMemory) -> Deed {
    var deed = Deed()
    var unmet: String?
    repeat {
      if isCancelled() {
        deed.isCancelled = true
        return deed
      }
      if let until {
        unmet = Sight(session, memory).mismatch(with: until)
        if unmet == nil {
          deed.words = "\(until), after \(took(elapsed))"
          return deed
        }
      }
      usleep(10_000)
    } while ContinuousClock.now < end
    deed.words = "waited \(took(elapsed))"
    if let unmet { deed.obstacle = "waited in vain: \(unmet)" }
    return deed
  }

  private func remember(_ field: String, as name: String, _ memory: inout ScenarioMemory) -> Deed {
    var deed = Deed()
    switch Sight(session, memory).value(of: field) {
    case .known(let value):
      memory.values[name] = value
      deed.words = "\(field) \(value)"
    case .unknown(let why): deed.obstacle = "\(field) can't be remembered, seen \(why)"
    }
    return deed
  }

  private func inject(_ word: String, _ isOn: Bool) -> Deed {
    var deed = Deed()
    guard let faults = actor.faults else {
      deed.obstacle =
        "\(word) can't be switched \(isOn ? "on" : "off"): only simulated devices have switches for faults"
      return deed
    }
    if isOn {
      // The file was refused when it was read if this word names no fault.
      do throws(UnknownFault) { try faults.on(word) } catch { deed.obstacle = error.description }
    } else if !faults.off(word) {
      deed.obstacle = "\(word) is not on"
    }
    if deed.obstacle == nil {
      let words = faults.words
      deed.words = words.isEmpty ? "no faults on" : "on: \(words.joined(separator: ", "))"
    }
    return deed
  }
}

extension StepPlan.Danger {
  /// The same as the rulebook calls it.
  fileprivate var harm: Rule.Harm {
    switch self {
    case .none: .none
    case .perturb: .perturb
    case .lose: .lose
    case .crash: .crash
    }
  }
}

/// `12 ms`.
func took(_ duration: Duration) -> String { "\(Int(duration / .milliseconds(1))) ms" }
