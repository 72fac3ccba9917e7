import Migration
import Terminal

/// One end of a flow: a device or a file.
struct FlowSide {
  let title: String
  let name: String
  /// The state of a device now, as far as it is known.
  let state: State?
  let what: String

  /// Both ends, the one that gives first.
  static func both(of flow: Flow, _ status: FlowStatus, _ store: Store) -> [FlowSide] {
    let file = flow.job.path.map { path in
      FlowSide(title: "File", name: path, state: nil, what: flow.job.source == nil ? "is read" : status.fileWords)
    }
    let source = flow.job.source.map { FlowSide("Source", $0, status.sourceState, flow, store) }
    let destination = flow.job.destination.map {
      FlowSide("Destination", $0, status.destinationState, flow, store)
    }
    return [source ?? file, destination ?? file].compactMap { $0 }
  }

  private init(title: String, name: String, state: State?, what: String) {
    self.title = title
    self.name = name
    self.state = state
    self.what = what
  }

  /// While the device is lent to the flow nobody else looks at it: then its state follows from the figures.
  private init(_ title: String, _ reference: DeviceReference, _ moving: State?, _ flow: Flow, _ store: Store) {
    let seen = store.status(reference)
    let state = flow.status.ending == nil ? moving ?? seen?.observation?.state : seen?.observation?.state
    let busy = seen?.busy(at: store.now).map { "busy: \($0.name) for \(seconds($0.since.duration(to: store.now)))" }
    self.init(
      title: title, name: store.name(of: reference), state: state,
      what: [state?.doing, flow.status.ending == nil ? nil : busy].compactMap { $0 }.joined(separator: ", "))
  }

  func draw(on canvas: inout Canvas, in area: Rectangle) {
    let inside = canvas.box(area, title: "\(title) \(name)")
    let line = Rectangle(row: inside.row, column: inside.column + 1, height: inside.height, width: inside.width - 2)
    guard let state else { return _ = canvas.putFitted(what, in: line) }
    let end = canvas.put(
      "\(canvas.glyphs.live) \(state.name)", row: line.row, column: line.column,
      style: state.isError ? .danger : .live, within: line)
    canvas.put(" \(state.protocolName)", row: line.row, column: end + 1, style: .dim, within: line)
    canvas.putFitted(what, in: line.split(rows: 1).bottom, style: .dim)
  }
}

extension FlowStatus {
  /// The state of the device that gives, while it gives; once it has given all, it has been read back.
  fileprivate var sourceState: State? { left ?? progress?.state }

  /// The state of the device that takes, while it takes: none other takes data.
  fileprivate var destinationState: State? {
    progress?.state.protocol.states.first(where: \.isResuming)
  }

  fileprivate var fileWords: String {
    switch ending {
    case nil: "is being written, as .part"
    case .report where isDone: "is complete"
    default: "was not written"
    }
  }
}

extension State {
  /// What a device does in it, in a few words.
  fileprivate var doing: String {
    if isError { return "only a reset helps" }
    if isResuming { return "takes data" }
    if isSaving { return isRunning ? "runs, and gives its data" : "stopped, gives the rest" }
    return isRunning ? "runs" : "stopped"
  }
}
