import TestSupport

/// Starts vfioscope and waits until its screen shows a text.
func startVfioscope(
  _ arguments: String..., showing text: String, rows: Int = 24, columns: Int = 80,
  environment: [String: String?] = [:]
) throws -> PtyProgram {
  let path = try builtProgram("vfioscope")
  let program = try PtyProgram(path, arguments, rows: rows, columns: columns, environment: environment)
  try program.wait(untilScreen: { $0.contains(text) })
  return program
}

/// Starts vfioscope on a device, and arms it.
func startArmed(
  _ device: String, _ arguments: [String] = [], rows: Int = 30, columns: Int = 120,
  environment: [String: String?] = [:]
) throws -> PtyProgram {
  let program = try PtyProgram(
    builtProgram("vfioscope"), ["--demo", device] + arguments, rows: rows, columns: columns, environment: environment)
  try program.wait(untilScreen: { $0.contains(/state . running/) })
  try program.arm()
  return program
}

/// Starts vfioscope and a migration to another simulated device.
func startMigrating(
  _ device: String, _ arguments: String..., rows: Int = 30, columns: Int = 120, environment: [String: String?] = [:]
) throws -> PtyProgram {
  let program = try startArmed(device, arguments, rows: rows, columns: columns, environment: environment)
  try program.type("m", andWaitFor: "another simulated device")
  program.type("jjjjjj")
  // The question waits for the destination, which is opened first.
  try program.type(PtyProgram.enter, andWaitFor: "Migrate?")
  program.type("y")
  try program.wait(untilScreen: { !$0.contains("Migrate?") })
  return program
}

extension PtyProgram {
  static let escape = "\u{1B}"
  static let enter = "\r"

  /// Waits until the screen shows all of these.
  func wait(for texts: String...) throws {
    try wait(untilScreen: { screen in texts.allSatisfy(screen.contains) })
  }

  /// Presses keys and waits until the screen shows a text.
  func type(_ keys: String, andWaitFor text: String) throws {
    type(keys)
    try wait(for: text)
  }

  /// The row that is drawn as selected over its whole width; nil while a frame is half drawn.
  var selectedRow: String? {
    let inside = 2..<terminal.columns - 2
    let rows = terminal.grid.indices.filter { terminal.grid[$0][inside].allSatisfy(\.rendition.reverse) }
    return rows.count == 1 ? terminal.lines[rows[0]] : nil
  }

  /// Presses `j` until the selected row begins with a name, lines drawn before it apart.
  func select(_ name: String) throws {
    try wait(until: { $0.selectedRow != nil })
    while let before = selectedRow, !before.drop(while: { !$0.isLetter && !$0.isNumber }).hasPrefix(name) {
      type("j")
      try wait(until: { $0.selectedRow != nil && $0.selectedRow != before })
    }
  }

  /// Arms the device that is shown.
  func arm() throws {
    try type("a", andWaitFor: "Arm this device?")
    try type("y", andWaitFor: " ARMED")
  }

  /// Asks the device that is shown, and is armed, for a state by way of the menu and the question.
  func step(to state: String) throws {
    try type("s", andWaitFor: "Step from")
    try select("\(state) ")
    try type(Self.enter, andWaitFor: "Step to \(state)?")
    type("y")
    try wait(untilScreen: { !$0.contains("Step to") })
  }
}
