/// Why data can't be loaded. The device answers EINVAL to all of them, as a driver does.
enum StreamFault: Error, Equatable {
  /// The first bytes are not ours, or of another version or page size.
  case foreign
  /// The source's memory has another size.
  case otherSize(UInt64)
  /// A record is missing, doubled or out of its place.
  case outOfOrder(expected: UInt64, got: UInt64)
  /// What should be a record or the trailer is neither.
  case notARecord
  /// A record lies outside the memory, is not of whole pages, or is too long.
  case badPlace(offset: UInt64, length: UInt64)
  /// The trailer does not fit what came before it.
  case badTrailer
  /// More bytes behind the trailer.
  case afterTheEnd
}
