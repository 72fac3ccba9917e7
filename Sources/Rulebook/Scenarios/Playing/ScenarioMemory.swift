import VFIO

/// What a play keeps: data that was read, and values that were remembered.
struct ScenarioMemory: Sendable {
  /// Chunks as they came, by name.
  private(set) var chunks: [String: [LoadData]] = [:]
  /// Values of fields, by name.
  var values: [String: UInt64] = [:]
  private let data = SavedData()
  private var size = 0

  /// Keeps a chunk, or says why it can't.
  mutating func keep(_ chunk: [UInt8], as name: String) throws(Untried) {
    guard size + chunk.count <= Scenario.memoryLimit else {
      throw Untried("more than \(Scenario.memoryLimit >> 20) MiB, which is all that a scenario keeps")
    }
    size += chunk.count
    chunks[name, default: []].append(try data.add(chunk))
  }
}

extension Scenario.Damage {
  /// The chunks as a device is to get them.
  ///
  /// - Parameter keepsChunks: whether their boundaries mean something to the device, as in protocol v1.
  /// - Returns: nil when there is too little of them for it to make a difference.
  func applied(to chunks: [LoadData], keepsChunks: Bool) throws(Untried) -> [LoadData]? {
    guard self != .whole else { return chunks }
    let all = chunks.reduce(LoadData(), +)
    guard all.count > 1 else { return nil }
    let half = all.count / 2
    switch self {
    case .whole: return chunks
    case .cut: return keepsChunks && chunks.count > 1 ? chunks.dropLast() : [all.prefix(half)]
    case .flipped: return try Self.flip(chunks, at: half)
    case .reordered:
      if keepsChunks { return chunks.count > 1 ? [chunks[1], chunks[0]] + chunks.dropFirst(2) : nil }
      return [all.dropFirst(half), all.prefix(half)]
    }
  }

  private static func flip(_ chunks: [LoadData], at offset: Int) throws(Untried) -> [LoadData] {
    var (chunks, offset) = (chunks, offset)
    for index in chunks.indices {
      if offset < chunks[index].count {
        chunks[index] = try chunks[index].flipped(at: offset, bits: 1)
        break
      }
      offset -= chunks[index].count
    }
    return chunks
  }
}
