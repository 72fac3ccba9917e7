import VFIO

/// The data section of the migration region, and how far the iteration has come (protocol v1).
struct V1Window: Sendable {
  /// The window's memory; none when no session is open.
  private(set) var bytes: [UInt8] = []
  /// The length of the chunk in the window: found there while saving, told by the user while resuming.
  var chunkLength = 0
  /// The user knows the chunk's length. From then on reading pending_bytes says that the chunk was consumed.
  var lengthIsKnown = false

  /// A session begins: an empty window.
  mutating func open(size: Int) {
    self = V1Window()
    bytes = [UInt8](repeating: 0, count: size)
  }

  /// The session has ended.
  mutating func close() {
    self = V1Window()
  }

  /// Puts the session's next data into the window, `limit` bytes at most, unless a chunk is there already.
  mutating func prepare(from session: inout SaveSession?, limit: Int, of memory: DeviceMemory, stopped: Bool) {
    guard chunkLength == 0, session != nil else { return }
    var span = bytes.mutableSpan
    var room = span.mutableBytes
    let count = min(limit, room.byteCount)
    chunkLength = session?.take(into: &room, limit: count, of: memory, stopped: stopped) ?? 0
    lengthIsKnown = false
  }

  /// The chunk in the window was consumed, if the user can have known its length.
  mutating func acknowledge() {
    guard lengthIsKnown else { return }
    chunkLength = 0
    lengthIsKnown = false
  }

  mutating func write(_ source: RawSpan, at offset: Int) {
    bytes.copy(source, at: offset)
  }
}
