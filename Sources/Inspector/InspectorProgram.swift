import Migration
import Terminal

/// The terminal program: one screen, one loop on the main thread; devices answer on queues of their own.
public final class InspectorProgram {
  private let listing: Listing
  private let opener: DeviceOpener
  private let device: DeviceReference?
  private let options: TerminalScreen.Options

  /// Shows a listing, and opens a device of it at once when one is named.
  public init(
    listing: Listing, opener: DeviceOpener, device: DeviceReference? = nil, ascii: Bool = false, mouse: Bool = false
  ) {
    self.listing = listing
    self.opener = opener
    self.device = device
    options = TerminalScreen.Options(glyphs: ascii ? .ascii : nil, mouse: mouse)
  }

  /// Runs until the user quits or a signal ends it.
  ///
  /// - Returns: a line for each device that was changed and left in a state other than running.
  public func run() throws(TerminalError) -> [String] {
    // Before the first thread: threads started later inherit the blocked signals.
    let signals = try BlockedSignals()
    let wake = try Wake()
    let screen = try TerminalScreen(options)
    defer { screen.close() }
    let loop = EventLoop(screen: screen, signals: signals, wake: wake)
    let opener = opener
    let store = Store(
      listing: listing,
      makeHandle: { reference in DeviceHandle(reference, opener: opener, onChange: { wake.wake() }) })
    let app = InspectorApp(store: store, device: device)
    loop.tickMilliseconds = 1000
    repeat {
      var canvas = screen.canvas
      app.draw(on: &canvas)
      screen.present(canvas)
    } while try deal(with: loop.wait(), app, screen)
    return store.opened.compactMap(\.farewell)
  }

  private func deal(with events: [Event], _ app: InspectorApp, _ screen: TerminalScreen) -> Bool {
    for event in events {
      switch event {
      case .key(.control("l")): screen.redraw()
      case .key(.control("c")): return false
      case .key(let key): if !app.handle(key) { return false }
      case .tick: app.store.look()
      case .resize, .wake: break
      case .quit: return false
      }
    }
    return true
  }
}

extension DeviceHandle {
  /// What the user should know of a device that is left behind.
  fileprivate var farewell: String? {
    let status = status
    if let work = status.work { return "\(reference) had not answered yet (\(work.name)); its state is not known." }
    guard status.lastStep != nil, let state = status.observation?.state, state.name != "running" else { return nil }
    return "\(reference) was left in \(state.name)."
  }
}
