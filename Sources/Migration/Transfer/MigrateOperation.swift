import Synchronization
import VFIO

/// Moves the state of one or more devices to as many others, live where they can, and lets the others run.
///
/// Until every destination runs, a failure leaves the sources as they were before and the destinations reset; after
/// that, the sources are stopped. A destination never runs on an incomplete stream.
public final class MigrateOperation {
  /// A device and the one that takes its place.
  public typealias Pair = (source: MigrationSession, destination: MigrationSession)

  private let pairs: [Pair]
  private let options: TransferOptions
  private let observer: TransferObserver
  let progress = Mutex(Progress())
  /// Pairs that have a thread in the middle of something.
  let busy = Mutex<Set<Int>>([])
  /// Nothing more is begun.
  let isGivenUp = Atomic(false)

  /// Migrates each source to its destination. Both must speak the same protocol.
  public init(
    _ pairs: [Pair], options: TransferOptions = TransferOptions(), observer: TransferObserver = TransferObserver()
  ) {
    self.pairs = pairs
    self.options = options
    self.observer = observer
  }

  var sources: [MigrationSession] { pairs.map(\.source) }
  var destinations: [MigrationSession] { pairs.map(\.destination) }

  /// Runs to the end, or to what went wrong: the report says which, and where the devices were left.
  public func run() -> TransferReport {
    let pump = Pump(options, observer, devices: pairs.count, clock: { .now })
    let before = Before(sources: sources.map(\.presentState), destinations: destinations.map(\.presentState))
    progress.withLock { $0.before = before }
    let moves = pairs.map { pair in
      Move(
        reader: pair.source.interface.reader(options.access, pump.checkGoingOn),
        writer: pair.destination.interface.writer(options.access, pump.checkGoingOn),
        digest: options.digest ? SideDigest() : nil)
    }
    var undone: [Int: StepResult] = [:]
    do throws(TransferFault) {
      try migrate(pump, moves)
    } catch {
      pump.fail(error)
      pump.endPhase()
      undone = giveUp()
    }
    // Only now: they may be behind the data, and nobody is to wait for them while all devices are stopped.
    if progress.withLock({ $0.hasMoved }) { pump.note(digests: moves.compactMap { $0.digest?.finish().hexadecimal }) }
    pump.endPhase()
    return pump.finish(
      in: pairs.enumerated().flatMap { index, pair in
        [
          TransferReport.FinalState(
            role: "source", state: pair.source.presentState, undoing: undone[Self.source(index)]),
          TransferReport.FinalState(
            role: "destination", state: pair.destination.presentState, undoing: undone[Self.destination(index)]),
        ]
      })
  }

  /// The states before; nil where one could not be read.
  struct Before {
    var sources: [State?] = []
    var destinations: [State?] = []
  }

  /// How far the devices are, for undoing it.
  struct Progress {
    var before = Before()
    /// How many destinations were asked for RESUMING, in the order of the pairs.
    var asked = 0
    /// How many of them have been put into it.
    var prepared = 0
    /// Destinations have been asked to run: one that has not answered yet may run any moment.
    var isStarting = false
    /// All destinations run.
    var hasMoved = false
    /// Somebody has undone it, or is about to.
    var isUndone = false
  }

  /// Notes how far the devices are, unless all that was begun is being undone by another thread.
  private func advance(_ change: (inout Progress) -> Void) throws(TransferFault) {
    let isUndone = progress.withLock { progress in
      if !progress.isUndone { change(&progress) }
      return progress.isUndone
    }
    if isUndone { throw .cancelled }
  }

  /// What a pair's data go through.
  private struct Move {
    let reader: any ChunkReader
    let writer: any ChunkWriter
    let digest: SideDigest?

    func put(_ bytes: RawSpan, _ left: Int) throws(TransferFault) {
      digest?.add(bytes)
      try writer.put(bytes, left: left)
    }
  }

  private func migrate(_ pump: Pump, _ moves: [Move]) throws(TransferFault) {
    for pair in pairs where pair.source.interface.protocol != pair.destination.interface.protocol {
      throw .window("the two devices speak different protocols")
    }
    for (index, source) in sources.enumerated() {
      try naming(Self.source(index), pump) { () throws(TransferFault) in try source.checkItCanBeSaved() }
    }
    for (index, destination) in destinations.enumerated() {
      try naming(Self.destination(index), pump) { () throws(TransferFault) in try destination.checkItCanBeLoaded() }
    }
    // The destinations first: what they refuse costs the sources nothing.
    for (index, destination) in destinations.enumerated() {
      try advance { $0.asked += 1 }
      try naming(Self.destination(index), pump) { () throws(TransferFault) in
        _ = try destination.insist(on: "resuming")
      }
      try advance { $0.prepared += 1 }
    }
    if options.preCopy && all(have: "pre-copy") && sources.allSatisfy({ $0.presentState?.isRunning == true }) {
      try preCopy(pump, moves)
    }
    let stopping = pump.now
    try stopAndCopy(pump, moves)
    try advance { $0.isStarting = true }
    try runDestinations(pump)
    try advance { $0.hasMoved = true }
    pump.note(downtime: stopping.duration(to: pump.now))
    for (index, source) in sources.enumerated() {
      // One that refuses keeps no other from being stopped; its fault is told.
      do throws(TransferFault) {
        _ = try source.insist(on: "stop")
      } catch {
        pump.fail(.stranded("\(error); it must not run beside its destination"), of: Self.source(index))
      }
    }
  }

  /// Where a pair's devices are in the report.
  static func source(_ pair: Int) -> Int { 2 * pair }
  static func destination(_ pair: Int) -> Int { 2 * pair + 1 }

  /// Says of a fault that it is about this device.
  private func naming(
    _ device: Int, _ pump: Pump, _ body: () throws(TransferFault) -> Void
  ) throws(TransferFault) {
    do throws(TransferFault) {
      try body()
    } catch {
      pump.fail(error, of: device)
      throw error
    }
  }

  private func preCopy(_ pump: Pump, _ moves: [Move]) throws(TransferFault) {
    var state: State?
    for source in sources { source.interface.optInToReinit() }
    for (index, source) in sources.enumerated() {
      try naming(Self.source(index), pump) { () throws(TransferFault) in state = try source.insist(on: "pre-copy") }
    }
    guard let state else { return }
    pump.begin(state)
    try eachPair(pump, Self.source) { (index) throws(TransferFault) in
      let move = moves[index]
      try pump.preCopy(index, from: move.reader, in: state) { (bytes, left) throws(TransferFault) in
        try put(bytes, left, into: index, move, pump)
      }
    }
  }

  /// Gives a destination its data; what it refuses is not the source's fault.
  private func put(
    _ bytes: RawSpan, _ left: Int, into pair: Int, _ move: Move, _ pump: Pump
  ) throws(TransferFault) {
    if isGivenUp.load(ordering: .relaxed) { throw .cancelled }
    do throws(TransferFault) {
      try move.put(bytes, left)
    } catch {
      pump.fail(error, of: Self.destination(pair))
      throw error
    }
  }

  private func stopAndCopy(_ pump: Pump, _ moves: [Move]) throws(TransferFault) {
    // Devices that talk to each other must all be quiet before the first one stops.
    if sources.count > 1 && all(have: "running-p2p") {
      try eachPair(pump, Self.source) { (index) throws(TransferFault) in try quieten(sources[index]) }
    }
    try eachPair(pump, Self.source) { (index) throws(TransferFault) in
      let move = moves[index]
      let stopped = try sources[index].insist(on: "stop-copy")
      pump.begin(stopped, of: index)
      while try pump.move(
        index, from: move.reader, in: stopped,
        { (bytes, left) throws(TransferFault) in try put(bytes, left, into: index, move, pump) }) != .end
      {
        try pump.judge(index, in: stopped, move.reader)
      }
      try naming(Self.destination(index), pump) { () throws(TransferFault) in try move.writer.finish() }
    }
    pump.endPhase()
  }

  /// A device that does not run is quiet already, and is not to run for it.
  private func quieten(_ source: MigrationSession) throws(TransferFault) {
    guard let state = source.presentState, state.isRunning else { return }
    _ = try source.insist(on: state.isSaving ? "pre-copy-p2p" : "running-p2p")
  }

  private func runDestinations(_ pump: Pump) throws(TransferFault) {
    if destinations.count > 1 && destinations.allSatisfy({ $0.state(named: "running-p2p") != nil }) {
      try eachPair(pump, Self.destination) { (index) throws(TransferFault) in
        _ = try destinations[index].insist(on: "running-p2p")
      }
    }
    try eachPair(pump, Self.destination) { (index) throws(TransferFault) in
      _ = try destinations[index].insist(on: "running")
    }
  }

  /// Does this for all pairs at the same time, because every device is stopped until the last one is done. When one
  /// fails, the others end too; `device` says of which device that is to be told.
  private func eachPair(
    _ pump: Pump, _ device: (Int) -> Int, _ body: (Int) throws(TransferFault) -> Void
  ) throws(TransferFault) {
    together(pairs.count) { index in
      busy.withLock { _ = $0.insert(index) }
      defer { busy.withLock { _ = $0.remove(index) } }
      if isGivenUp.load(ordering: .sequentiallyConsistent) { return pump.fail(.cancelled) }
      do throws(TransferFault) { try body(index) } catch { pump.fail(error, of: device(index)) }
    }
    if let fault = pump.fault { throw fault }
  }

  private func all(have name: String) -> Bool { sources.allSatisfy { $0.state(named: name) != nil } }
}
