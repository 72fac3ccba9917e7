import CVFIO

/// Memory of the client that came without a descriptor: DMA_READ and DMA_WRITE lead there, cut to what the client takes
/// in one message.
final class MessagedMemory: ReachableMemory {
  let count: Int
  private let address: UInt64
  private let channel: ServerChannel
  private let limit: Int

  /// `range` of the client's addresses, with at most `limit` bytes of data in a message.
  init?(_ range: DMARange, limit: Int, _ channel: ServerChannel) {
    guard let count = Int(exactly: range.length) else { return nil }
    self.count = count
    address = range.iova
    self.limit = limit
    self.channel = channel
  }

  /// DMA_READ.
  func read(into buffer: inout MutableRawSpan, at offset: Int) -> Bool {
    pieces(offset, buffer.byteCount) { place, piece in
      let request = head(offset + place, piece)
      guard let reply = ask(.dmaRead, request), reply.count == request.count + piece,
        Array(reply.prefix(request.count)) == request
      else { return false }
      buffer.withUnsafeMutableBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: bytes[place..<place + piece]).copyBytes(
          from: reply.dropFirst(request.count))
      }
      return true
    }
  }

  /// DMA_WRITE.
  func write(_ bytes: RawSpan, at offset: Int) -> Bool {
    pieces(offset, bytes.byteCount) { place, piece in
      let data = bytes.extracting(place..<place + piece).withUnsafeBytes(Array.init)
      return ask(.dmaWrite, head(offset + place, piece) + data) != nil
    }
  }

  /// Does it for piece after piece, as long as it succeeds.
  private func pieces(_ offset: Int, _ total: Int, _ body: (_ place: Int, _ count: Int) -> Bool) -> Bool {
    guard offset >= 0, total <= count, offset <= count - total, limit > 0 else { return false }
    return stride(from: 0, to: total, by: limit).allSatisfy { body($0, min(limit, total - $0)) }
  }

  private func head(_ offset: Int, _ count: Int) -> [UInt8] {
    [UInt8].bytes(of: cu_dma_access(address: address + UInt64(offset), count: UInt64(count)))
  }

  /// The reply's payload; nil when the client refuses, or is gone.
  private func ask(_ command: WireCommand, _ payload: [UInt8]) -> [UInt8]? {
    guard let reply = try? channel.ask(command, payload), !reply.header.flags.isError else { return nil }
    return reply.payload
  }
}
