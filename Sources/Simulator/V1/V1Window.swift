import VFIO

/// The data section of the migration region, and how far the iteration has come (protocol v1).
struct V1Window: Sendable {
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
  mutating func prepare(from session: inout SaveSession?, limit: Int, of memory: DeviceMemory, stopped: Bool) {
    guard chunkLength == 0 else { return }
    chunkLength =
      self.memory?.withMutableBytes { room in
        session?.take(into: &room, limit: min(limit, room.byteCount), of: memory, stopped: stopped) ?? 0
      } ?? 0
    lengthIsKnown = false
  }

  /// The chunk in the window was consumed, if the user can have known its length.
  mutating func acknowledge() {
    guard lengthIsKnown else { return }
    chunkLength = 0
    lengthIsKnown = false
  }

  /// Lends the chunk that is in the window.
  func withChunk(_ body: (RawSpan) throws(Refusal) -> Void) throws(Refusal) {
    try memory?.withBytes { (all) throws(Refusal) in try body(all.extracting(0..<chunkLength)) }
  }

  /// Copies a place inside the window.
  func read(_ place: Range<Int>, into target: inout MutableRawSpan) {
    memory?.withBytes { target.copy($0.extracting(place)) }
  }

  /// Copies to a place inside the window.
  func write(_ source: RawSpan, at offset: Int) {
    memory?.withMutableBytes { $0.copy(source, at: offset) }
  }
}

extension SharedMemory {
  fileprivate func clear() {
    withMutableBytes { all in
      all.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }
  }
}
