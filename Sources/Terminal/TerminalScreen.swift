import CNcurses
import Glibc

/// The terminal, while this program has it. Belongs to the main thread; a process has one at a time.
///
/// The terminal is usable again after ``close()``, and also when the process crashes or calls `exit`: its modes are put
/// back and the alternate screen is left. While the screen is up, standard error (if it is a terminal) is caught and
/// printed afterwards. A thread other than the main one that overflows its stack is the one case that is not covered.
public final class TerminalScreen {
  /// What a user can choose.
  public struct Options: Sendable {
    /// The marks to draw with; nil takes what the locale's codeset allows.
    public var glyphs: Glyphs?
    /// The theme; nil takes what the terminal and NO_COLOR allow.
    public var theme: Theme?
    /// Whether clicks and the wheel come as keys. Off leaves selecting text to the terminal.
    public var mouse: Bool
    /// The defaults: as the terminal is, and no mouse.
    public init(glyphs: Glyphs? = nil, theme: Theme? = nil, mouse: Bool = false) {
      self.glyphs = glyphs
      self.theme = theme
      self.mouse = mouse
    }
  }

  /// The marks to draw with.
  public let glyphs: Glyphs
  /// Rows.
  public private(set) var height = 0
  /// Columns.
  public private(set) var width = 0
  /// Whether clicks and the wheel come as keys.
  public var isMouseOn: Bool {
    didSet { if isMouseOn != oldValue { cn_set_mouse(isMouseOn) } }
  }
  private let painter: Painter
  private var decoder = KeyDecoder(next: RawKey.read)
  private var isOpen = true

  /// Takes over the terminal on standard input and output.
  public init(_ options: Options = Options()) throws(TerminalError) {
    try Self.requireTerminal()
    // Also when the user chose others: curses needs the locale.
    let ofLocale = Glyphs.ofLocale
    glyphs = options.glyphs ?? ofLocale
    try Self.open()
    let theme = options.theme ?? .suited(colorCount: Int(cn_color_count()), noColor: environment("NO_COLOR"))
    painter = Painter(theme: theme)
    isMouseOn = options.mouse
    if options.mouse { cn_set_mouse(true) }
    adoptSize()
  }

  deinit { close() }

  /// An empty canvas of the screen's size.
  public var canvas: Canvas { Canvas(height: height, width: width, glyphs: glyphs) }

  /// Shows a canvas. Only what differs from what is shown is written; what does not fit is left out.
  public func present(_ canvas: Canvas) {
    guard isOpen else { return }
    painter.paint(canvas, height: height, width: width)
  }

  /// Rings the bell.
  public func bell() {
    if isOpen { cn_bell() }
  }

  /// Forgets what the terminal is thought to show: the next ``present(_:)`` writes all of it.
  public func redraw() {
    if isOpen { cn_redraw_all() }
  }

  /// Gives the terminal back for a while.
  public func suspend() {
    if isOpen { cn_suspend() }
  }

  /// Takes the terminal again after ``suspend()``; the next ``present(_:)`` writes all of the screen.
  public func resume() {
    guard isOpen else { return }
    cn_resume()
    adoptSize()
  }

  /// Stops the process as Ctrl-Z asks, with the terminal given back until it goes on.
  func stop() {
    suspend()
    cn_stop_self()
    resume()
  }

  /// Gives the terminal back, and prints what was caught from standard error.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    cn_close()
  }

  /// Takes the size that the terminal has now.
  func adoptSize() {
    var rows: Int32 = 0
    var columns: Int32 = 0
    cn_adopt_size(&rows, &columns)
    (height, width) = (Int(rows), Int(columns))
  }

  /// The keys that were pressed so far, and whether there was anything to read at all.
  func readKeys(limit: Int) -> (keys: [Key], sawInput: Bool) {
    decoder.keys(limit: limit)
  }

  private static func requireTerminal() throws(TerminalError) {
    if isatty(STDIN_FILENO) == 0 { throw .notATerminal("standard input") }
    if isatty(STDOUT_FILENO) == 0 { throw .notATerminal("standard output") }
  }

  private static func open() throws(TerminalError) {
    let name = environment("TERM").flatMap { $0.isEmpty ? nil : $0 }
    switch cn_open() {
    case CN_OPENED: return
    case CN_ALREADY_OPEN: throw .alreadyOpen
    case CN_NO_CURSOR_MOVEMENT: throw .noCursorMovement(name ?? "")
    default: throw .unknownTerminal(name)
    }
  }
}

private func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}

extension RawKey {
  /// What curses has at hand.
  fileprivate static func read() -> RawKey? {
    let key = cn_read_key()
    let (row, column) = (Int(key.row), Int(key.column))
    switch key.kind {
    case CN_BYTE: return .byte(UInt8(truncatingIfNeeded: key.value))
    case CN_SPECIAL: return .special(Int(key.value))
    case CN_CLICK: return .mouse(.click(row: row, column: column))
    case CN_WHEEL_UP: return .mouse(.wheelUp(row: row, column: column))
    case CN_WHEEL_DOWN: return .mouse(.wheelDown(row: row, column: column))
    case CN_IGNORED: return .ignored
    default: return nil
    }
  }
}
