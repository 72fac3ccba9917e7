import Migration
import Synchronization

/// What a device gave, to be given to it again. It is kept in a file: a device's state may be larger than what a check
/// or a scenario is to take of this machine's memory. What is in it stays as it is.
final class SavedData: Sendable {
  /// Made with the first bytes that come.
  private let file = Mutex<ScratchFile?>(nil)

  /// Bytes.
  var count: Int { file.withLock { $0?.count ?? 0 } }

  /// Puts bytes behind those that are there, or the check can't be tried.
  ///
  /// - Returns: these bytes, to be loaded.
  @discardableResult
  func add(_ bytes: [UInt8]) throws(Untried) -> LoadData {
    do throws(StreamFault) {
      let end = try file.withLock { (file) throws(StreamFault) in
        if file == nil { file = try ScratchFile() }
        try file?.append(bytes.span.bytes)
        return file?.count ?? 0
      }
      return part(end - bytes.count..<end)
    } catch {
      throw Untried("the device's data can't be kept: \(error)")
    }
  }

  /// This part of it, to be loaded.
  func part(_ range: Range<Int>) -> LoadData { LoadData(self, range) }

  /// All of it, to be loaded.
  var whole: LoadData { part(0..<count) }

  fileprivate func bytes(_ range: Range<Int>) throws(StreamFault) -> [UInt8] {
    try file.withLock { (file) throws(StreamFault) in try file?.bytes(range) ?? [] }
  }
}

/// What a device is to be loaded with: saved data as they were, or cut, put together anew, with others between them.
struct LoadData: Sendable {
  private enum Piece {
    case saved(SavedData, Range<Int>)
    /// This byte so many times.
    case made(UInt8, count: Int)

    var count: Int {
      switch self {
      case .saved(_, let range): range.count
      case .made(_, let count): count
      }
    }

    func extracting(_ range: Range<Int>) -> Piece {
      switch self {
      case .saved(let data, let all):
        .saved(data, all.lowerBound + range.lowerBound..<all.lowerBound + range.upperBound)
      case .made(let byte, _): .made(byte, count: range.count)
      }
    }
  }

  private var pieces: [Piece] = []
  /// Bytes.
  private(set) var count = 0

  /// Nothing.
  init() {}

  /// This part of what was saved.
  init(_ data: SavedData, _ range: Range<Int>) { add(.saved(data, range)) }

  /// This byte so many times.
  init(repeating byte: UInt8, count: Int) { add(.made(byte, count: count)) }

  private mutating func add(_ piece: Piece) {
    guard piece.count > 0 else { return }
    count += piece.count
    // Chunks that follow each other are one piece: there may be thousands of them.
    if case .saved(let data, let range) = piece, case .saved(let before, let old)? = pieces.last, data === before,
      old.upperBound == range.lowerBound
    {
      pieces[pieces.count - 1] = .saved(data, old.lowerBound..<range.upperBound)
    } else {
      pieces.append(piece)
    }
  }

  /// One behind the other.
  static func + (left: LoadData, right: LoadData) -> LoadData {
    var all = left
    right.pieces.forEach { all.add($0) }
    return all
  }

  /// A part of it.
  func extracting(_ range: Range<Int>) -> LoadData {
    var (part, start) = (LoadData(), 0)
    for piece in pieces {
      let wanted = range.clamped(to: start..<start + piece.count)
      part.add(piece.extracting(wanted.lowerBound - start..<wanted.upperBound - start))
      start += piece.count
    }
    return part
  }

  /// The first bytes of it, at most as many as there are.
  func prefix(_ count: Int) -> LoadData { extracting(0..<min(count, self.count)) }

  /// What follows the first bytes.
  func dropFirst(_ count: Int) -> LoadData { extracting(min(count, self.count)..<self.count) }

  /// It in parts of this size; the last one may be shorter.
  func chunks(of size: Int) -> [LoadData] {
    stride(from: 0, to: count, by: size).map { extracting($0..<min($0 + size, count)) }
  }

  /// The same with these bits of one byte turned round.
  func flipped(at offset: Int, bits: UInt8 = 0xff) throws(Untried) -> LoadData {
    let byte = try extracting(offset..<offset + 1).bytes()
    return prefix(offset) + LoadData(repeating: byte[0] ^ bits, count: 1) + dropFirst(offset + 1)
  }

  /// The bytes, or the check can't be tried.
  func bytes() throws(Untried) -> [UInt8] {
    do throws(StreamFault) {
      return try read()
    } catch {
      throw Untried("the device's data can't be read again: \(error)")
    }
  }

  /// The bytes.
  func read() throws(StreamFault) -> [UInt8] {
    if pieces.count == 1, case .saved(let data, let range) = pieces[0] { return try data.bytes(range) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for piece in pieces {
      switch piece {
      case .saved(let data, let range): bytes += try data.bytes(range)
      case .made(let byte, let count): bytes += repeatElement(byte, count: count)
      }
    }
    return bytes
  }
}

/// Gives chunks one after the other to this program's own load.
final class LoadChunks: ChunkSource {
  /// Whether all were given, for another thread.
  final class End: Sendable {
    private let come = Atomic(false)
    var hasCome: Bool { come.load(ordering: .acquiring) }
    fileprivate func comes() { come.store(true, ordering: .releasing) }
  }

  let end = End()
  private var rest: ArraySlice<LoadData>
  let digest: String? = nil

  init(_ chunks: [LoadData]) { rest = chunks[...] }

  func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    guard let next = rest.popFirst() else { return nil }
    if rest.isEmpty { end.comes() }
    buffer = try next.read()
    return PlacedPart(place: buffer.indices)
  }
}
