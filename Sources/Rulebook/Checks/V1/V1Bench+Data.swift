import Glibc
import Migration
import VFIO

/// A device's data, moved register by register.
extension V1Bench {
  /// What was taken out of a device in one session.
  struct Saved {
    /// What `pending_bytes` said at first.
    var firstPending: UInt64 = 0
    /// The first chunks, as they lay in the window: as many as were to be kept.
    private(set) var chunks: [LoadData] = []
    private let data = SavedData()
    /// How long each chunk was, all of them.
    var sizes: [Int] = []
    /// What tells the data from other data, in this process.
    private var hasher = Hasher()
    /// How often there was no data though some were pending.
    var emptyAnswers = 0
    /// Whether `pending_bytes` came to 0.
    var isWhole = false

    var byteCount: Int { sizes.reduce(0, +) }
    /// Whether every chunk was kept.
    var isKept: Bool { chunks.count == sizes.count }

    /// Whether these are the same data in the same chunks.
    func isSame(as other: Saved) -> Bool {
      sizes == other.sizes && hasher.finalize() == other.hasher.finalize()
    }

    fileprivate mutating func add(_ chunk: [UInt8], keep: Bool) throws(Untried) {
      sizes.append(chunk.count)
      chunk.withUnsafeBytes { hasher.combine(bytes: $0) }
      guard keep else { return }
      chunks.append(try data.add(chunk))
    }
  }

  /// How much of what was saved is kept.
  enum Keeping {
    case nothing
    /// Enough to see how chunks are loaded.
    case beginning
    case all

    fileprivate func keeps(_ count: Int, after chunks: Int) -> Bool {
      switch self {
      case .nothing: false
      case .beginning: chunks == 0 || (chunks < 256 && count < 1 << 20)
      case .all: true
      }
    }
  }

  /// Reads `data_offset` and `data_size`. A chunk that does not lie in the region is none that can be taken.
  func openChunk() throws(Untried) -> (offset: UInt64, size: Int) {
    let offset = try bench.need(dataOffset(), "data_offset")
    let size = try bench.need(dataSize(), "data_size")
    let (end, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, end <= region.size, size <= UInt64(Bench.byteLimit) else {
      throw Untried("a chunk of \(size) bytes at \(offset) is more than can be taken")
    }
    return (offset, Int(size))
  }

  /// Opens the first chunk of a session that has one.
  func openFirstChunk() throws(Untried) -> (offset: UInt64, size: Int) {
    guard try bench.need(pendingBytes(), "pending_bytes") > 0 else { throw Untried("the device has no data") }
    let chunk = try openChunk()
    guard chunk.size > 0 else { throw Untried("the device says that data are pending, and gives none") }
    return chunk
  }

  /// Bytes of the data window: by reading it, or by its map where it can't be read.
  func window(at offset: UInt64, count: Int) -> Answer<[UInt8]> {
    let answer = Answer { () throws(DeviceError) in
      var bytes = try device.bytes(in: region, at: offset, count: count)
      while bytes.count < count {
        let more = try device.bytes(in: region, at: offset + UInt64(bytes.count), count: count - bytes.count)
        guard !more.isEmpty else { break }
        bytes += more
      }
      return bytes
    }
    guard answer.errno == .ENOTSUP else { return answer }
    return Answer { () throws(DeviceError) in
      let map = try device.map(region, offset: offset, count: count)
      var bytes = [UInt8](repeating: 0, count: count)
      var span = bytes.mutableSpan
      var raw = span.mutableBytes
      try map.copy(from: 0, into: &raw)
      return bytes
    }
  }

  /// Puts bytes into the data window: by writing it, or by its map where it can't be written.
  func setWindow(_ bytes: [UInt8], at offset: UInt64) -> Answer<Void> {
    let answer = Answer { () throws(DeviceError) in
      var done = 0
      while done < bytes.count {
        let rest = bytes.span.bytes.extracting(done..<bytes.count)
        let taken = try device.write(region, at: offset + UInt64(done), from: rest)
        guard taken > 0 else {
          throw DeviceError(
            .write(region: region.index, offset: offset, count: bytes.count),
            .short(expected: bytes.count, got: done))
        }
        done += taken
      }
    }
    guard answer.errno == .ENOTSUP else { return answer }
    return Answer { () throws(DeviceError) in
      try device.map(region, offset: offset, count: bytes.count).copy(bytes.span.bytes, to: 0)
    }
  }

  /// Takes chunks until none is pending, or a bound is reached.
  ///
  /// - Parameter patience: how long the device may give nothing while data are pending.
  func take(keeping: Keeping = .nothing, patience: Duration = Bench.patience) throws(Untried) -> Saved {
    var saved = Saved()
    var taken = 0
    var lastData = ContinuousClock.now
    var pending = try bench.need(pendingBytes(), "pending_bytes")
    saved.firstPending = pending
    while pending > 0, taken < Bench.byteLimit, lastData.duration(to: .now) < patience {
      let chunk = try openChunk()
      if chunk.size > 0 {
        let bytes = try bench.need(window(at: chunk.offset, count: chunk.size), "reading the window")
        try saved.add(bytes, keep: saved.isKept && keeping.keeps(taken, after: saved.chunks.count))
        taken += chunk.size
        lastData = .now
      } else {
        saved.emptyAnswers += 1
        usleep(1000)
      }
      pending = try bench.need(pendingBytes(), "pending_bytes")
    }
    saved.isWhole = pending == 0
    return saved
  }

  /// The device's whole state, taken while it is stopped. It runs again afterwards.
  func savedState(keeping: Keeping) throws(Untried) -> Saved {
    try enter(.stopCopy)
    let saved = try take(keeping: keeping)
    guard saved.isWhole else { throw Untried("the device's data have no end within \(Bench.byteLimit) bytes") }
    guard saved.byteCount > 0 else { throw Untried("the device has no data") }
    try runAgain()
    return saved
  }

  /// Goes back to RUNNING, by way of STOP where there is no other.
  func runAgain() throws(Untried) {
    if setState(V1State.running.rawValue).isDone { return }
    try enter(.stop, .running)
  }

  /// Gives the resuming device one chunk: `data_offset`, the data, `data_size`.
  ///
  /// - Returns: where the window was.
  func put(_ chunk: [UInt8]) -> Answer<UInt64> {
    let offset = dataOffset()
    guard let place = offset.value else { return offset }
    guard place <= region.size, UInt64(chunk.count) <= region.size - place else {
      return .refused(.malformed("a chunk of \(chunk.count) bytes at \(place) is more than the region has"))
    }
    if let refusal = setWindow(chunk, at: place).refusal ?? setDataSize(UInt64(chunk.count)).refusal {
      return .refused(refusal)
    }
    return offset
  }

  /// Loads these chunks into the device, and runs it.
  func load(_ saved: Saved) throws(Untried) {
    try enter(.resuming)
    for chunk in saved.chunks { _ = try bench.need(put(chunk.bytes()), "loading a chunk") }
    try enter(.running)
  }
}
