import Glibc
import Inventory
import Migration
import Rulebook
import Terminal

/// The terminal program: one screen, one loop on the main thread; devices answer on queues of their own.
public final class InspectorProgram {
  /// What the program shows, and how.
  public struct Options {
    /// A device to open at once.
    public var device: DeviceReference?
    /// A scenario to play, and its devices in the order of its roles; the first one is opened as `device`.
    public var scenario: (Scenario, on: [DeviceReference])?
    /// One capture to look into, or two to compare, instead of a machine.
    public var files: [String] = []
    /// The machine whose files tell the details of a device; nil when the devices are on no machine.
    public var root: Root?
    /// Whether to draw with ASCII characters only.
    public var ascii = false
    /// The marks of plots: `braille`, `block` or `ascii`.
    public var plots = PlotGlyphs.braille.rawValue
    /// Whether to take clicks and the wheel.
    public var mouse = false

    /// Shows this machine, with the terminal's own characters and mouse.
    public init() { root = .system }
  }

  private let signals: BlockedSignals

  /// Make it before anything that may start a thread, and so before a machine is scanned: threads inherit the signals
  /// that are blocked here.
  public init() throws {
    signals = try BlockedSignals()
  }

  /// Shows what `scan` finds until the user quits or a signal ends the program.
  ///
  /// What goes on then is given up first, and waited for a few seconds. When the terminal has been given back, `say` gets
  /// what became of that, and a line for each device that was left in a state other than running, or that does not answer. `scan` is called here, and later on a thread of its own.
  public func run(
    _ options: Options, opener: DeviceOpener, scan: @escaping @Sendable () throws -> Listing, say: (String) -> Void
  ) throws {
    let listing = try scan()
    let screen = try TerminalScreen(
      TerminalScreen.Options(glyphs: options.ascii ? .ascii : nil, mouse: options.mouse))
    let wake = try Wake()
    let loop = EventLoop(screen: screen, signals: signals, wake: wake)
    let root = options.root
    let reader = ListingReader(
      scan: scan, details: { reference in root.flatMap { ListedDevice.details(of: reference, root: $0) } },
      onChange: { wake.wake() })
    let store = Store(
      listing: listing, reader: reader, captures: Captures(onChange: { wake.wake() }),
      plots: PlotGlyphs(rawValue: options.plots) ?? .braille, onChange: { wake.wake() },
      makeHandle: { DeviceHandle($0, onChange: { wake.wake() }, opening: opener.open) })
    let app = InspectorApp(
      store: store, device: options.device.map(listing.resolve),
      scenario: options.scenario.map { ($0, on: $1.map(listing.resolve)) }, files: options.files)
    let ending = Result { try show(app, on: screen, loop) }
    let leaving = app.leave()
    let words = leaving.map { leaving in
      // A terminal that can't be waited for any more must not leave a device in the middle.
      let hasWaited = (try? wait(for: leaving, showing: app, on: screen, loop)) ?? wait(for: leaving)
      return leaving.finish(atOnce: !hasWaited)
    }
    screen.close()
    for line in (words ?? []) + store.farewells(atRest: leaving?.devicesAtRest ?? []) { say(printable(line)) }
    if case .signal(let signal) = try ending.get() { BlockedSignals.die(by: signal) }
  }

  /// Why the program ends.
  private enum Ending {
    case quit
    case signal(Int32)
  }

  private func show(_ app: InspectorApp, on screen: TerminalScreen, _ loop: EventLoop) throws -> Ending {
    loop.tickMilliseconds = 1000
    while true {
      draw(app, on: screen)
      if let ending = deal(with: try loop.wait(), app, screen) { return ending }
    }
  }

  /// Waits until what goes on has been given up.
  ///
  /// - Returns: false when the user has had enough of that.
  private func wait(
    for leaving: Leaving, showing app: InspectorApp, on screen: TerminalScreen, _ loop: EventLoop
  ) throws -> Bool {
    loop.tickMilliseconds = 100
    while !leaving.isOver(at: .now) {
      if !loop.isTerminalGone { draw(app, on: screen) }
      if leavesAtOnce(on: try loop.wait(), leaving, app, screen) { return false }
    }
    return true
  }

  private func wait(for leaving: Leaving) -> Bool {
    while !leaving.isOver(at: .now) { usleep(50_000) }
    return true
  }

  private func leavesAtOnce(
    on events: [Event], _ leaving: Leaving, _ app: InspectorApp, _ screen: TerminalScreen
  ) -> Bool {
    for event in events {
      switch event {
      case .key(.control("l")): screen.redraw()
      case .key(let key): if !app.handle(key) { return true }
      case .resize(let width, let height): app.resize(width: width, height: height)
      case .quit(signal: SIGINT): return true
      case .quit: if leaving.takesSignals(at: .now) { return true }
      case .wake, .tick: break
      }
    }
    return false
  }

  private func draw(_ app: InspectorApp, on screen: TerminalScreen) {
    var canvas = screen.canvas
    app.draw(on: &canvas)
    screen.present(canvas)
  }

  private func deal(with events: [Event], _ app: InspectorApp, _ screen: TerminalScreen) -> Ending? {
    for event in events {
      switch event {
      case .key(.control("l")): screen.redraw()
      case .key(let key): if !app.handle(key) { return .quit }
      case .tick: app.store.look()
      case .resize(let width, let height): app.resize(width: width, height: height)
      case .wake: break
      case .quit(let signal): return .signal(signal)
      }
    }
    return nil
  }
}
