import VFIO

/// Saves a device's state: pre-copy if wanted, then stop-copy to the end. Afterwards the device is in the state it was
/// in before, also when the saving failed.
public struct SaveOperation {
  private let session: MigrationSession
  private let sink: any StreamWriter
  private let options: TransferOptions
  private let observer: TransferObserver

  /// Saves the device of `session` to `sink`.
  public init(
    _ session: MigrationSession, to sink: any StreamWriter, options: TransferOptions = TransferOptions(),
    observer: TransferObserver = TransferObserver()
  ) {
    self.session = session
    self.sink = sink
    self.options = options
    self.observer = observer
  }

  /// Runs to the end, or to what went wrong: the report says which, and where the device was left.
  public func run() -> TransferReport {
    let pump = Pump(options, observer, clock: { [journal = session.journal] in journal.moment })
    pump.watch(sink.wait)
    let before = session.presentState
    var isBegun = false
    do throws(TransferFault) {
      try session.checkItCanBeSaved()
      isBegun = true
      try save(pump)
    } catch {
      pump.fail(error)
    }
    pump.endPhase()
    var back: StepResult?
    if let before, isBegun {
      back = session.goBack(to: before.isRunning ? before : session.state(named: "stop") ?? before)
    }
    let now = session.presentState
    // Of a fault that came before, this is only a consequence.
    if let why = whyStranded(back, now) { pump.fail(.stranded("the device does not go on as before: \(why)")) }
    return pump.finish(in: [TransferReport.FinalState(role: "device", state: now, undoing: back)])
  }

  /// Why a device does not go on, by what came of asking it to and the state that was read back.
  private func whyStranded(_ back: StepResult?, _ now: State?) -> String? {
    guard let now else { return "its state can't be read back" }
    if now.isError { return "it is in \(now.name), which only a reset leaves" }
    return back.flatMap { $0.isDone ? nil : $0.whyNot }
  }

  private func save(_ pump: Pump) throws(TransferFault) {
    let reader = FlushingReader(session.interface.reader(options.access, pump.checkGoingOn), sink, pump)
    let wantsPreCopy = options.preCopy && session.presentState?.isRunning == true
    if wantsPreCopy && session.state(named: "pre-copy") != nil {
      try preCopy(pump, reader)
    }
    let stopping = pump.now
    let stopped = try session.insist(on: "stop-copy")
    try begin(stopped, pump)
    // The method itself as the closure would be a copy of this operation for each chunk.
    while try pump.move(
      from: reader, in: stopped, { (bytes, left) throws(TransferFault) in try take(bytes, left) }) != .end
    {
      try pump.judge(0, in: stopped, reader)
    }
    // A device whose data could not be written has not been saved.
    do throws(StreamFault) { try sink.flush() } catch { throw .stream(error) }
    pump.note(downtime: stopping.duration(to: pump.now))
    observer.saved()
  }

  private func preCopy(_ pump: Pump, _ reader: any ChunkReader) throws(TransferFault) {
    session.interface.optInToReinit()
    let state = try session.insist(on: "pre-copy")
    try begin(state, pump)
    try pump.preCopy(from: reader, in: state) { (bytes, left) throws(TransferFault) in try take(bytes, left) }
  }

  private func begin(_ state: State, _ pump: Pump) throws(TransferFault) {
    pump.begin(state)
    do throws(StreamFault) { try sink.begin(phase: state) } catch { throw .stream(error) }
  }

  private func take(_ bytes: RawSpan, _ left: Int) throws(TransferFault) {
    do throws(StreamFault) { try sink.chunk(bytes, left: left) } catch { throw .stream(error) }
  }
}

extension MigrationSession {
  /// Refuses a device whose state a save could only destroy, and one that may have given a part of its data already: to
  /// somebody before this session, or by hand.
  func checkItCanBeSaved() throws(TransferFault) {
    guard let state = presentState else { return }
    guard state.canBeSaved else {
      throw .window("the device is in \(state.name): it has no whole state to be saved, and only a reset leads out")
    }
    guard state.isSaving, !interface.hasUntouchedSession else { return }
    let way = state.isRunning ? "running" : "stop"
    throw .window("the device is in \(state.name) already and may have given a part of its data: ask for \(way) first")
  }

  /// Refuses a device that may have been given a part of its data already.
  func checkItCanBeLoaded() throws(TransferFault) {
    guard let state = presentState, state.isResuming, !interface.hasUntouchedSession else { return }
    // Not every reset leads out of RESUMING.
    throw .window(
      "the device is in \(state.name) already and may have been given a part of its data: reset it first, or ask for stop"
    )
  }
}

extension State {
  /// Whether the device has a state of its own: not half of another one's, and not none.
  fileprivate var canBeSaved: Bool { !isResuming && !isError }
}

/// A reader whose bytes are all in their place while it has no more. Long parts are not copied on their way there.
private final class FlushingReader: ChunkReader {
  private let reader: any ChunkReader
  private let sink: any StreamWriter
  private let pump: Pump
  /// Both, when the one can part with its memory and the other can take it.
  private let handing: (reader: any LendingReader, sink: WriteBehind)?

  init(_ reader: any ChunkReader, _ sink: any StreamWriter, _ pump: Pump) {
    self.reader = reader
    self.sink = sink
    self.pump = pump
    if let reader = reader as? any LendingReader, let sink = sink as? WriteBehind {
      handing = (reader, sink)
    } else {
      handing = nil
    }
  }

  func next(stopped: Bool, _ take: PartTaker) throws(TransferFault) -> Piece {
    let piece =
      if let handing {
        try next(of: handing.reader, stopped, to: handing.sink, orTo: take)
      } else {
        try reader.next(stopped: stopped, take)
      }
    guard piece == .nothingNow else { return piece }
    // A slow pipe takes its time for what came before.
    try pump.without { () throws(TransferFault) in
      do throws(StreamFault) { try sink.flush() } catch { throw .stream(error) }
    }
    return piece
  }

  private func next(
    of reader: any LendingReader, _ stopped: Bool, to sink: WriteBehind, orTo take: PartTaker
  ) throws(TransferFault) -> Piece {
    try reader.next(stopped: stopped) { (buffer, part) throws(TransferFault) in
      guard WriteBehind.takesWhole(part.count) else {
        return try buffer.hand(part.count) { (bytes) throws(TransferFault) in try take(bytes, part.left) }
      }
      do throws(StreamFault) { try sink.take(part, from: &buffer) } catch { throw .stream(error) }
    }
  }

  func askNoMore() -> Bool { reader.askNoMore() }

  func estimate(stopped: Bool) throws(TransferFault) -> Estimate { try reader.estimate(stopped: stopped) }
}

extension Pump {
  /// A device's pre-copy, until the devices can be stopped: the target is met, nothing more comes, or it has lasted as long
  /// as it may. All devices are in it together: one that has been emptied changes its state still.
  func preCopy(
    _ device: Int = 0, from reader: any ChunkReader, in state: State, _ take: PartTaker
  ) throws(TransferFault) {
    repeat {
      _ = try move(device, from: reader, in: state, take)
      try judge(device, in: state, reader)
    } while preCopyEnd == nil
    while reader.askNoMore() { _ = try move(device, from: reader, in: state, take) }
  }
}
