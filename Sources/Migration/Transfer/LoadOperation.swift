import VFIO

/// A chunk, or a part of one, in a buffer.
public struct PlacedPart: Sendable, Equatable {
  /// Where it lies.
  public let place: Range<Int>
  /// Bytes of the same chunk that come behind it; 0 ends the chunk.
  public let left: Int

  /// A part at this place; a whole chunk has nothing left.
  public init(place: Range<Int>, left: Int = 0) {
    self.place = place
    self.left = left
  }
}

/// Where data to load comes from.
public protocol ChunkSource: AnyObject {
  /// Puts the next chunk, or the next part of one, into `buffer`, which is to be given back each time as it is.
  ///
  /// - Returns: where it lies there; nil when all has come.
  func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart?

  /// Bytes of all chunks together, when they were counted before; nil when nobody knows.
  var total: UInt64? { get }

  /// The SHA-256 of all chunks together, 64 hexadecimal digits, once all have come; nil when there is none.
  var digest: String? { get }

  /// Lets others end the wait for whoever gives the data; nil when there is none.
  var wait: StreamWait? { get }
}

extension ChunkSource {
  /// It was not counted.
  public var total: UInt64? { nil }

  /// Nobody is waited for.
  public var wait: StreamWait? { nil }
}

extension StreamFileReader: ChunkSource {
  /// The trailer's, which is that of the chunks.
  public var digest: String? { summary.sha256.isEmpty ? nil : summary.sha256 }
}

/// Loads a saved state into a device and runs it. Chunks are given to it as they were saved. A device that has not got
/// all of them never runs on them: it is reset.
public struct LoadOperation {
  private let session: MigrationSession
  private let source: any ChunkSource
  private let options: TransferOptions
  private let observer: TransferObserver

  /// Loads from `source` into the device of `session`.
  public init(
    _ session: MigrationSession, from source: any ChunkSource, options: TransferOptions = TransferOptions(),
    observer: TransferObserver = TransferObserver()
  ) {
    self.session = session
    self.source = source
    self.options = options
    self.observer = observer
  }

  /// Runs to the end, or to what went wrong: the report says which, and where the device was left.
  public func run() -> TransferReport {
    let pump = Pump(options, observer, clock: { [journal = session.journal] in journal.moment })
    pump.watch(source.wait)
    let before = session.presentState
    var (isBegun, undoing): (Bool, StepResult?) = (false, nil)
    do throws(TransferFault) {
      try session.checkItCanBeLoaded()
      let state = try session.insist(on: "resuming")
      isBegun = true
      try load(pump, in: state)
    } catch {
      pump.fail(error)
      pump.endPhase()
      undoing = isBegun ? session.giveUpResuming() : session.giveUpEntering(from: before)
    }
    pump.endPhase()
    return pump.finish(in: [TransferReport.FinalState(role: "device", state: session.presentState, undoing: undoing)])
  }

  private func load(_ pump: Pump, in state: State) throws(TransferFault) {
    pump.begin(state)
    let writer = session.interface.writer(options.access, pump.checkGoingOn)
    let reader = SourceReader(source)
    while try pump.move(
      from: reader, in: state, { (bytes, left) throws(TransferFault) in try writer.put(bytes, left: left) }) != .end
    {
      try pump.judge(0, in: state, reader)
    }
    try writer.finish()
    _ = try session.insist(on: "running")
  }
}

/// A source as the pump reads it.
private final class SourceReader: ChunkReader {
  private let source: any ChunkSource
  private var buffer: [UInt8] = []
  private var given: UInt64 = 0

  init(_ source: any ChunkSource) {
    self.source = source
  }

  func next(stopped: Bool, _ take: PartTaker) throws(TransferFault) -> Piece {
    var count = 0
    while true {
      let part: PlacedPart?
      do throws(StreamFault) { part = try source.nextPart(into: &buffer) } catch { throw .stream(error) }
      guard let part else { return .end }
      let bytes = buffer
      try take(bytes.span.bytes.extracting(part.place), part.left)
      count += part.place.count
      given += UInt64(part.place.count)
      if part.left == 0 { return .chunk(count) }
    }
  }

  func estimate(stopped: Bool) throws(TransferFault) -> Estimate {
    var estimate = Estimate()
    estimate.unread = source.total.map { $0 - min($0, given) }
    return estimate
  }
}
