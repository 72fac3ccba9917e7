/// What explains the bytes of a stream, one record after the other.
protocol RecordDecoder {
  /// The next record; nil where the format ends, or where the bytes are not of it.
  mutating func next(_ cursor: inout RecordCursor) throws(StreamFault) -> StreamRecord?
}

/// A format that is known here. Streams belong to the device that gave them; these are the ones whose sources say what
/// is in them.
public struct StreamFormat: Sendable {
  /// The word for it.
  public let name: String
  /// Whose format it is.
  public let about: String
  /// What it is told by.
  public let sign: String
  /// Whether the data begin as this format does.
  let recognizes: @Sendable (RecordCursor) throws(StreamFault) -> Bool
  let decoder: @Sendable () -> any RecordDecoder

  /// All formats. Those with a magic number come first: the last is told by its lengths alone.
  public static let all: [StreamFormat] = [mtty, qat, hisi, simulator, qemu, mlx5]

  /// The format these data seem to have; nil when it is none of those known.
  public static func guess(_ source: any ByteSource) throws(StreamFault) -> StreamFormat? {
    for format in all where try format.recognizes(RecordCursor(source)) { return format }
    return nil
  }

  /// The format with this word.
  public static func named(_ name: String) -> StreamFormat? {
    all.first { $0.name == name }
  }
}

/// The records of a stream, one after the other. They cover all of it: what the format does not explain comes as a
/// record named `bytes`.
public struct RecordReader: StreamItemReader {
  private var cursor: RecordCursor
  private var decoder: any RecordDecoder

  /// Reads `source` as `format`.
  public init(_ source: any ByteSource, format: StreamFormat) {
    cursor = RecordCursor(source)
    decoder = format.decoder()
  }

  /// Reads one record.
  public mutating func step() throws(StreamFault) -> ReaderStep<StreamRecord> {
    try next().map { .item($0) } ?? .end
  }

  /// The next record; nil at the end.
  public mutating func next() throws(StreamFault) -> StreamRecord? {
    guard cursor.remaining > 0 else { return nil }
    if let record = try decoder.next(&cursor), record.length > 0 { return record }
    return cursor.take("bytes", data: cursor.remaining, note: "the format does not explain them")
  }
}
