import VFIO

/// The trailer's payload.
struct TrailerFrame: Equatable {
  var extent: StreamExtent
  var sha256: [UInt8]
  var finalState: String

  private static let digestOffset = 16
  private static let stateOffset = digestOffset + SHA256.size

  init(extent: StreamExtent, sha256: [UInt8], finalState: String) {
    self.extent = extent
    self.sha256 = sha256
    self.finalState = finalState
  }

  /// Reads a payload; nil when it is too short.
  init?(payload: [UInt8]) {
    guard let bytes: UInt64 = payload.little(at: 0), let chunks: UInt64 = payload.little(at: 8),
      payload.count >= Self.stateOffset
    else { return nil }
    self.init(
      extent: StreamExtent(bytes: bytes, chunks: chunks),
      sha256: Array(payload[Self.digestOffset..<Self.stateOffset]),
      finalState: String(decoding: payload[Self.stateOffset...], as: UTF8.self))
  }

  var payload: [UInt8] {
    var payload: [UInt8] = []
    payload.append(little: extent.bytes)
    payload.append(little: extent.chunks)
    return payload + sha256 + Array(finalState.utf8)
  }
}
