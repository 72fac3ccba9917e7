import Glibc
import Terminal

/// The program's state: what it draws is a function of it.
final class Probe {
  let screen: TerminalScreen
  let wake: Wake
  private let loop: EventLoop
  private let text: String
  private var keys: [Key] = []
  private var wakes = 0
  private var ticks = 0
  private var resizes = 0
  private var isRunning = true

  init(_ arguments: [String], signals: BlockedSignals) throws(TerminalError) {
    func value(_ name: String) -> String? {
      arguments.firstIndex(of: name).flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
    }
    let glyphs = arguments.contains("--ascii") ? Glyphs.ascii : nil
    screen = try TerminalScreen(.init(glyphs: glyphs, mouse: arguments.contains("--mouse")))
    wake = try Wake()
    loop = EventLoop(screen: screen, signals: signals, wake: wake)
    loop.tickMilliseconds = value("--tick").flatMap { Int($0) }
    text = value("--text") ?? ""
  }

  /// Draws and waits until `q` or a signal.
  func run() throws(TerminalError) {
    screen.present(drawn())
    while isRunning {
      for event in try loop.wait() { handle(event) }
      if isRunning { screen.present(drawn()) }
    }
    screen.close()
  }

  private func handle(_ event: Event) {
    switch event {
    case .key(.character("q")): isRunning = false
    case .key(let key):
      if case .character(let letter) = key { Command.all[letter]?(self) }
      keys.append(key)
    case .resize: resizes += 1
    case .wake: wakes += 1
    case .tick: ticks += 1
    case .quit(let signal):
      screen.close()
      BlockedSignals.die(by: signal)
    }
  }

  private func drawn() -> Canvas {
    var canvas = screen.canvas
    let inside = canvas.box(canvas.bounds, title: "probe \(screen.width)x\(screen.height)")
    let rows: [(String, Style)] = [
      ("keys \(keys.suffix(6).map { "\($0)" }.joined(separator: " "))", .normal),
      ("keys:\(keys.count) wakes:\(wakes) ticks:\(ticks) resizes:\(resizes)", .live),
      ("danger", .danger), ("selected", .normal.selected), (text, .normal), ("q quits", .dim),
    ]
    for (offset, row) in rows.prefix(inside.height).enumerated() {
      canvas.put(row.0, row: inside.row + offset, column: inside.column, style: row.1, within: inside)
    }
    return canvas
  }
}
