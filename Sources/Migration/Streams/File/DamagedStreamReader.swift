import VFIO

/// Reads a stream file that is cut or altered as far as it can be read, to see what a device does with it.
///
/// A chunk whose checksum does not fit is given as it is, the chunk that is cut as far as it goes. A frame whose own head
/// was altered ends it: nobody knows how long that frame is.
public final class DamagedStreamReader: ChunkSource {
  private let source: FrameSource

  /// Opens a stream file and passes over its head, whatever that says.
  public init(path: String) throws(StreamFault) {
    source = FrameSource(try StreamDescriptor(reading: path))
    _ = try Self.unlessDamaged { () throws(StreamFault) in try source.readHead() }
  }

  /// Nil: what was altered has no digest to be compared with.
  public var digest: String? { nil }

  /// The next chunk of the file, whole: how long one is that is cut shows when it has been read.
  public func nextPart(into buffer: inout [UInt8]) throws(StreamFault) -> PlacedPart? {
    while let frame = try Self.unlessDamaged({ () throws(StreamFault) in try source.nextFrame() }) ?? nil {
      if frame.kind == .trailer { return nil }
      let before = source.position
      let isWhole = try source.read(Int(frame.length), into: &buffer)
      let count = Int(source.position - before)
      if isWhole && frame.tail > 0 { _ = try Self.unlessDamaged { () throws(StreamFault) in try source.ending(frame) } }
      if frame.isChunk && count > 0 { return PlacedPart(place: 0..<count) }
      if !isWhole { return nil }
    }
    return nil
  }

  /// Nil when the file is damaged there. A call that failed is a fault all the same.
  private static func unlessDamaged<R>(_ body: () throws(StreamFault) -> R) throws(StreamFault) -> R? {
    do throws(StreamFault) {
      return try body()
    } catch {
      guard error.isDamage else { throw error }
      return nil
    }
  }
}

extension StreamFault {
  /// Whether the bytes are not what they should be: what loading by force passes over.
  public var isDamage: Bool {
    switch kind {
    case .foreign, .empty, .otherVersion, .unfinished, .altered: true
    case .system, .taken, .refused, .givenUp: false
    }
  }
}

extension StreamFile {
  /// Whether the file begins as a stream file does, damaged or not.
  public static func isOne(path: String) throws(StreamFault) -> Bool {
    var start: [UInt8] = []
    let source = FrameSource(try StreamDescriptor(reading: path))
    _ = try source.read(magic.count, into: &start)
    return begins(with: Array(start.prefix(Int(source.position))))
  }

  /// Whether a stream file may begin with these bytes: its magic, or the start of it when there are no more.
  static func begins(with start: [UInt8]) -> Bool {
    !start.isEmpty && start.prefix(magic.count).elementsEqual(magic.prefix(start.count))
  }
}
