import Migration
import Terminal

/// One line of the step menu: a state to ask for, or another thing to do.
struct StepMenuItem {
  let name: String
  /// What the document says of it, in one word.
  let word: String
  /// What will happen.
  let what: String
  let style: Style
  let plan: StepPlan?
  let command: Command
}

extension StepMenuItem {
  init(_ plan: StepPlan) {
    name = plan.to.name
    word = plan.standing.word
    let effects = plan.effects.map(\.words).joined(separator: ", ")
    switch plan.standing {
    case .allowed: (what, style) = (effects, plan.danger >= .lose ? .warning : .good)
    case .optional: (what, style) = ("not drawn; \(plan.note)", .warning)
    case .refused(let why): (what, style) = (why, .dim)
    }
    self.plan = plan
    command = .step(.state(plan.to))
  }

  private init(name: String, what: String, style: Style, command: Command) {
    (self.name, self.what, self.style, self.command) = (name, what, style, command)
    (word, plan) = ("", nil)
  }

  static let reset = StepMenuItem(
    name: "reset", what: "the device's state is lost; leads to running, also from error", style: .warning,
    command: .step(.reset))

  /// The registers of v1 that have effects when they are read.
  static let window = [
    StepMenuItem(
      name: "open chunk", what: "reads data_offset and data_size: a chunk is put into the window", style: .warning,
      command: .act(.openChunk)),
    StepMenuItem(
      name: "take chunk", what: "reads pending_bytes: the chunk in the window counts as taken", style: .warning,
      command: .act(.acknowledgeChunk)),
  ]

  var question: String {
    plan.map { "Step to \($0.to.name)?" } ?? "Do it: \(name)?"
  }

  var warnings: [String] {
    guard let plan else { return [what + "."] }
    var lines = ["Path: " + plan.path.map(\.name).joined(separator: " → ")]
    if !plan.effects.isEmpty {
      lines.append("What happens: " + plan.effects.map(\.words).joined(separator: ", ") + ".")
    }
    switch plan.standing {
    case .allowed: break
    case .optional: lines.append("The document does not draw this change; a device may refuse it (\(plan.note)).")
    case .refused(let why): lines.append("The document refuses this: \(why).")
    }
    return lines
  }
}
