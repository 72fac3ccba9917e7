/// What a play keeps: data that was read, and values that were remembered.
struct ScenarioMemory: Sendable {
  /// Chunks as they came, by name.
  private(set) var chunks: [String: [[UInt8]]] = [:]
  /// Values of fields, by name.
  var values: [String: UInt64] = [:]
  private var size = 0

  /// Keeps a chunk; false when there is no room for it.
  mutating func keep(_ chunk: RawSpan, as name: String) -> Bool {
    guard size + chunk.byteCount <= Scenario.memoryLimit else { return false }
    size += chunk.byteCount
    chunks[name, default: []].append(chunk.withUnsafeBytes(Array.init))
    return true
  }
}

extension Scenario.Damage {
  /// The chunks as a device is to get them.
  ///
  /// - Parameter keepsChunks: whether their boundaries mean something to the device, as in protocol v1.
  /// - Returns: nil when there is too little of them for it to make a difference.
  func applied(to chunks: [[UInt8]], keepsChunks: Bool) -> [[UInt8]]? {
    let size = chunks.reduce(0) { $0 + $1.count }
    guard self != .whole else { return chunks }
    guard size > 1 else { return nil }
    switch self {
    case .whole: return chunks
    case .cut: return keepsChunks && chunks.count > 1 ? chunks.dropLast() : [Array(chunks.joined().prefix(size / 2))]
    case .flipped: return Self.flip(chunks, at: size / 2)
    case .reordered:
      if keepsChunks { return chunks.count > 1 ? [chunks[1], chunks[0]] + chunks.dropFirst(2) : nil }
      let all = Array(chunks.joined())
      return [Array(all[(size / 2)...]), Array(all[..<(size / 2)])]
    }
  }

  private static func flip(_ chunks: [[UInt8]], at offset: Int) -> [[UInt8]] {
    var (chunks, offset) = (chunks, offset)
    for index in chunks.indices {
      if offset < chunks[index].count {
        chunks[index][offset] ^= 1
        break
      }
      offset -= chunks[index].count
    }
    return chunks
  }
}
