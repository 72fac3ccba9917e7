import Migration
import Terminal

/// Looks at a file before it is asked whether it is to be loaded: what could not be loaded needs no question. A long file
/// takes a while; the screen goes on meanwhile.
struct LoadQuestion: View {
  private let reference: DeviceReference
  private let path: String
  private var question: Confirm

  /// `question` is asked when the file is whole, and one for the device.
  init(_ reference: DeviceReference, _ path: String, _ question: Confirm) {
    self.reference = reference
    self.path = path
    self.question = question
  }

  private enum Finding {
    case reading(String)
    case refused(String)
    case good
  }

  var isOverlay: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Load" }

  func keys(_ store: Store) -> [KeyHint] {
    if case .good = finding(store) { question.keys(store) } else { [KeyHint("Esc", "back")] }
  }

  private func finding(_ store: Store) -> Finding {
    let status = store.captures[[path]].status
    if let failure = status.failure { return .refused(failure) }
    guard status.isWalked, let report = status.reports.first else { return .reading(status.progress) }
    if let fault = report.fault { return .refused(fault.description) }
    guard let theirs = report.identity?.protocol else {
      return .refused("\(path): is not a stream file, as save writes them")
    }
    guard let ours = store.status(reference)?.facts?.protocol, ours != theirs else { return .good }
    return .refused("\(path) was saved by protocol \(theirs.rawValue), the device speaks \(ours.rawValue).")
  }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    let reaction: Reaction
    if case .good = finding(store) {
      reaction = question.handle(key, store)
    } else {
      reaction = [.escape, .enter, .character("n"), .character("q")].contains(key) ? .pop : .stay
    }
    if case .stay = reaction { return .stay }
    store.captures.close([path])
    return reaction
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    let (words, style): (String, Style)
    switch finding(store) {
    case .good: return question.draw(on: &canvas, in: area, store)
    case .reading(let progress): (words, style) = ("\(path): \(progress)", .live)
    case .refused(let why): (words, style) = ("\(canvas.glyphs.failure) Nothing was done: \(why)", .danger)
    }
    let columns = min(area.width - 4, 72) - 4
    let rows = SafeText.lines(of: words, columns: columns, isASCII: canvas.glyphs.isASCII).count
    canvas.putWrapped(words, in: canvas.overlay("Load", rows: rows, in: area), style: style)
  }
}
