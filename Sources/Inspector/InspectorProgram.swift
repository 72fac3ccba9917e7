import Inventory
import Migration
import Terminal

/// The terminal program: one screen, one loop on the main thread; devices answer on queues of their own.
public final class InspectorProgram {
  private let signals: BlockedSignals

  /// Make it before anything that may start a thread, and so before a machine is scanned: threads inherit the signals
  /// that are blocked here.
  public init() throws {
    signals = try BlockedSignals()
  }

  /// Shows what `scan` finds on the machine under `root`, and opens a device at once when one is named, until the user quits or a signal ends it. When the
  /// terminal has been given back, `say` gets a line for each device that was left in a state other than running.
  public func run(
    root: Root = .system, opener: DeviceOpener, device: DeviceReference? = nil, ascii: Bool = false,
    mouse: Bool = false,
    scan: @escaping () throws -> Listing, say: (String) -> Void
  ) throws {
    let listing = try scan()
    let screen = try TerminalScreen(TerminalScreen.Options(glyphs: ascii ? .ascii : nil, mouse: mouse))
    let wake = try Wake()
    let loop = EventLoop(screen: screen, signals: signals, wake: wake)
    let store = Store(
      listing: listing, scan: scan, readDetails: { ListedDevice.details(of: $0, root: root) },
      makeHandle: { reference in DeviceHandle(reference, opener: opener, onChange: { wake.wake() }) })
    let app = InspectorApp(store: store, device: device)
    loop.tickMilliseconds = 1000
    var ending: Ending?
    repeat {
      var canvas = screen.canvas
      app.draw(on: &canvas)
      screen.present(canvas)
      ending = deal(with: try loop.wait(), app, screen)
    } while ending == nil
    screen.close()
    store.opened.compactMap(\.farewell).forEach { say(printable($0)) }
    if case .signal(let signal)? = ending { BlockedSignals.die(by: signal) }
  }

  /// Why the program ends.
  private enum Ending {
    case quit
    case signal(Int32)
  }

  private func deal(with events: [Event], _ app: InspectorApp, _ screen: TerminalScreen) -> Ending? {
    for event in events {
      switch event {
      case .key(.control("l")): screen.redraw()
      case .key(let key): if !app.handle(key) { return .quit }
      case .tick: app.store.look()
      case .resize, .wake: break
      case .quit(let signal): return .signal(signal)
      }
    }
    return nil
  }
}

extension DeviceHandle {
  /// What the user should know of a device that is left behind.
  fileprivate var farewell: String? {
    let status = status
    if let work = status.work {
      return "\(reference) had not answered yet (\(work.name)); its state is not known."
    }
    guard status.lastStep != nil, let state = status.observation?.state, state.name != "running" else { return nil }
    return "\(reference) was left in \(state.name)."
  }
}
