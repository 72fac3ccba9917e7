import VFIO

/// The data section of the migration region, and how far the iteration has come (protocol v1).
///
/// The pages of a long one are this process's only where its user has mapped them: as with a real device, whose memory is
/// its own. Short ones are faster as memory of this process.
struct V1Window: Sendable {
  /// A window that has more bytes is a long one.
  private static let long = 4 << 20
  /// How much of a long window the device takes at once.
  private static let part = 256 << 10

  /// The data section. It is there as long as the device, because it can be mapped in every state; none in v2.
  let memory: SharedMemory?
  /// Whether there is a session that uses it.
  private var isOpen = false
  /// The length of the chunk in the window: found there while saving, told by the user while resuming.
  var chunkLength = 0
  /// The user knows the chunk's length. From then on reading pending_bytes says that the chunk was consumed.
  var lengthIsKnown = false

  init(memory: SharedMemory?) {
    self.memory = memory
  }

  /// Bytes; 0 when no session is open.
  var size: Int { isOpen ? memory?.count ?? 0 : 0 }

  /// A session begins: an empty window.
  mutating func open() {
    close()
    isOpen = true
    memory?.clear()
  }

  /// The session has ended.
  mutating func close() {
    self = V1Window(memory: memory)
  }

  /// Puts the session's next data into the window, `limit` bytes at most, unless a chunk is there already.
  mutating func prepare(
    from session: inout SaveSession?, limit: Int, of device: DeviceMemory, stopped: Bool
  ) throws(Refusal) {
    guard chunkLength == 0, let memory else { return }
    let room = min(limit, memory.count)
    let length = try session?.take(limit: room, of: device, stopped: stopped) { (bytes, offset) throws(Refusal) in
      try write(bytes, at: offset)
    }
    chunkLength = length ?? 0
    lengthIsKnown = false
  }

  /// The chunk in the window was consumed, if the user can have known its length.
  mutating func acknowledge() {
    guard lengthIsKnown else { return }
    chunkLength = 0
    lengthIsKnown = false
  }

  /// Lends the chunk that is in the window, part by part.
  func withChunk(_ body: (RawSpan) throws(Refusal) -> Void) throws(Refusal) {
    guard isLong else {
      try memory?.withBytes { (all) throws(Refusal) in try body(all.extracting(first: chunkLength)) }
      return
    }
    var part = ChunkBuffer()
    for start in stride(from: 0, to: chunkLength, by: Self.part) {
      let count = min(Self.part, chunkLength - start)
      try part.fill(0..<count) { (bytes) throws(Refusal) in try read(start..<start + count, into: &bytes) }
      try part.hand(count) { (bytes) throws(Refusal) in try body(bytes) }
    }
  }

  /// Copies a place inside the window.
  func read(_ place: Range<Int>, into target: inout MutableRawSpan) throws(Refusal) {
    guard isLong else {
      memory?.withBytes { target.copy($0.extracting(place)) }
      return
    }
    guard memory?.fetch(place, into: &target) == true else { throw Refusal(.EIO) }
  }

  /// Copies to a place inside the window.
  func write(_ source: RawSpan, at offset: Int) throws(Refusal) {
    guard let memory, isLong ? memory.store(source, at: offset) : memory.write(source, at: offset) else {
      throw Refusal(.ENOMEM)
    }
  }

  private var isLong: Bool { memory.map { $0.count > Self.long } ?? false }
}
