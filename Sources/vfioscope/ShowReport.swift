import Inspector
import Migration
import VFIO

/// What `show` prints, as JSON or as text.
struct ShowReport {
  let device: String
  let `protocol`: String
  let interface: String
  let flags: [String]
  let saysReset: Bool
  let state: State
  let fields: [Field]
  let reaches: [Reach]

  struct State {
    let name: String
    let number: UInt32
    let protocolName: String
  }

  struct Field {
    let name: String
    let value: UInt64?
    let unit: String
    let liveness: String
    let errno: String?
    /// Why it could not be read.
    let error: String?
  }

  /// What asking for a state would do.
  struct Reach {
    let state: String
    let path: [String]
    let standing: String
    let why: String?
    let effects: [String]
  }

  init(_ opened: OpenedDevice, _ session: MigrationSession, _ observation: MigrationSession.Observation) {
    device = opened.reference.description
    self.protocol = session.interface.protocol.rawValue
    interface = opened.way
    flags = session.interface.flags
    saysReset = opened.info.saysReset
    state = State(
      name: observation.state.name, number: observation.state.number, protocolName: observation.state.protocolName)
    fields = observation.fields.map(Field.init)
    reaches = session.plans(from: observation.state).map(Reach.init)
  }
}

extension ShowReport.Field {
  init(_ field: Migration.Field) {
    self.init(
      name: field.name, value: field.value, unit: field.unit.rawValue, liveness: field.liveness.word,
      errno: field.liveness.errno, error: field.liveness.failure?.description)
  }
}

extension ShowReport.Reach {
  init(_ plan: StepPlan) {
    self.init(
      state: plan.to.name, path: plan.path.map(\.name), standing: plan.standing.word, why: plan.standing.why,
      effects: plan.effects.map(\.words))
  }
}

extension ShowReport {
  /// The report for programs.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.show/1"),
      "device": .string(device),
      "protocol": .string(self.protocol),
      "interface": .string(interface),
      "flags": JSON(flags),
      "says_reset": .bool(saysReset),
      "state": .object([
        "name": .string(state.name),
        "number": JSON(state.number),
        "protocol_name": .string(state.protocolName),
      ]),
      "fields": .array(fields.map(\.json)),
      "reaches": .array(reaches.map(\.json)),
    ])
  }
}

extension ShowReport.Field {
  /// The field for programs.
  var json: JSON {
    .object([
      "name": .string(name),
      "value": JSON(value),
      "unit": .string(unit),
      "liveness": .string(liveness),
      "errno": JSON(errno),
      "error": JSON(error),
    ])
  }
}

extension ShowReport.Reach {
  fileprivate var json: JSON {
    .object([
      "state": .string(state),
      "path": JSON(path),
      "standing": .string(standing),
      "why": JSON(why),
      "effects": JSON(effects),
    ])
  }
}

extension ShowReport.Field {
  /// The field for people: its name, its value or why there is none, how that is known.
  var cells: [String] { [name, value.map { "\($0) \(unit)" } ?? error ?? "-", liveness] }
}

extension ShowReport {
  /// The report as lines for people.
  var text: [String] {
    let facts = [
      ["device", device],
      [
        "protocol",
        "\(self.protocol)" + (flags.isEmpty ? "" : " (\(flags.joined(separator: ", ")))") + ", by \(interface)",
      ],
      ["state", "\(state.name)  (\(state.protocolName), \(state.number))"],
    ]
    let steps = reaches.map { reach in
      [
        "  \(reach.state)", reach.standing, reach.path.joined(separator: " → "),
        reach.why ?? reach.effects.joined(separator: ", "),
      ]
    }
    return (columns(facts) + columns(fields.map(\.cells)) + ["from here:"] + columns(steps)).map(printable)
  }
}
