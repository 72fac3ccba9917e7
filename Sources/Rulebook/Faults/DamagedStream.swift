import Migration
import VFIO

/// What can be wrong with a saved stream that is loaded again.
enum StreamDamage: String, CaseIterable, Sendable {
  case cut, flipped, reordered, doubled, overlong, empty

  /// The chunks of a whole stream, damaged.
  func damage(_ chunks: [LoadData]) throws(Untried) -> [LoadData] {
    var chunks = chunks
    switch self {
    case .empty: return []
    case .cut:
      let half = chunks.reduce(0) { $0 + $1.count } / 2
      var kept = 0
      return chunks.compactMap { chunk in
        defer { kept += chunk.count }
        let rest = half - kept
        return rest <= 0 ? nil : chunk.prefix(rest)
      }
    case .flipped:
      // In the middle of the first chunk: the headers of most devices' streams are there.
      guard let first = chunks.first, first.count > 0 else { return chunks }
      chunks[0] = try first.flipped(at: min(8, first.count - 1))
      return chunks
    case .reordered:
      guard chunks.count > 1 else {
        let all = chunks.first ?? LoadData()
        return [all.dropFirst(all.count / 2) + all.prefix(all.count / 2)]
      }
      chunks.swapAt(0, chunks.count - 1)
      return chunks
    case .doubled: return chunks + chunks
    case .overlong: return chunks + [LoadData(repeating: 0x5a, count: min(chunks.last?.count ?? 4096, 65536))]
    }
  }
}

extension UserFault {
  static let damagedStreams = StreamDamage.allCases.map { damage in
    UserFault(
      "\(damage.rawValue)-stream", .lose,
      what: "Saves the device and loads its data again, \(damage.words).",
      expected: damage.expected,
      checks: { protocolIs in
        switch protocolIs {
        case .v1: [Check(damage.ruleOfV1) { (bench) throws(Untried) in try loadV1(damage, bench) }]
        case .v2: [Check(damage.ruleOfV2) { (bench) throws(Untried) in try loadV2(damage, bench) }]
        case .vfioUser: []
        }
      })
  }

  private static func loadV1(_ damage: StreamDamage, _ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let saved = try v1.savedState(keeping: .all)
    try v1.enter(.resuming)
    let damaged = try damage.damage(saved.chunks)
    for (number, chunk) in damaged.enumerated() {
      if let refusal = v1.put(try chunk.bytes()).refusal { return .kept("Chunk \(number + 1) is refused: \(refusal).") }
    }
    let left = v1.setState(V1State.running.rawValue)
    guard let refusal = left.refusal else { return damage.silence(damaged, of: saved.byteCount) }
    return .kept("Leaving resuming is refused: \(refusal), and device_state is \(v1.state()).")
  }

  private static func loadV2(_ damage: StreamDamage, _ bench: Bench) throws(Untried) -> Outcome {
    let v2 = try V2Bench(bench)
    let saved = try v2.saved()
    let half = max(1, saved.count / 2)
    let damaged = try damage.damage([saved.prefix(half), saved.dropFirst(half)])
    let loading = try v2.load(damaged.reduce(LoadData(), +))
    return loading.isTaken
      ? damage.silence(damaged, of: saved.count)
      : .kept("\(loading); the state is \(v2.state().value?.protocolName ?? "unknown").")
  }
}

extension StreamDamage {
  fileprivate var words: String {
    switch self {
    case .cut: "the first half of them alone"
    case .flipped: "one byte changed"
    case .reordered: "the end before the beginning"
    case .doubled: "twice"
    case .overlong: "with more behind them"
    case .empty: "none of them"
    }
  }

  /// The rule of protocol v1 that speaks of it. Of data that are too many v1 has no word: they are bad ones.
  fileprivate var ruleOfV1: String { self == .empty ? "V1-RES-06" : "V1-RES-05" }

  /// The rule of protocol v2 that speaks of it.
  fileprivate var ruleOfV2: String {
    switch self {
    case .empty: "V2-RES-04"
    case .overlong: "V2-RES-05"
    case .cut, .flipped, .reordered, .doubled: "V2-RES-01"
    }
  }

  fileprivate var expected: String {
    let refusal = "It refuses: at the data, or at the latest when it is to leave resuming."
    return switch self {
    case .empty: "The sources leave it open whether it goes on."
    case .overlong: "\(refusal) By protocol v2 it may also take them."
    case .cut, .flipped, .reordered, .doubled: "\(refusal) It never runs on them in silence."
    }
  }

  /// What it means when nothing was refused. How bad that is, the rule tells.
  fileprivate func silence(_ loaded: [LoadData], of count: Int) -> Outcome {
    if self == .empty { return .seen("The device goes on though nothing was loaded.") }
    let bytes = counted(loaded.reduce(0) { $0 + $1.count }, "byte")
    return .broken("All of it was taken in silence: \(bytes), \(words), where \(count) were saved.")
  }
}
