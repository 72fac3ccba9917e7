import VFIO

/// Memory that a client gives to a server.
enum SocketMemory {
  static let checks: [Check] = [exact]

  private static let page: UInt64 = 4096
  /// Where no other memory is likely to be.
  private static let start: UInt64 = 1 << 40

  /// The memory comes without a descriptor and may only be read: the device has no reason to touch it.
  private static let exact = Check("VU-DMA-01") { (bench) throws(Untried) in
    let socket = try SocketBench(bench)
    let first = try map(socket, at: start, pages: 4)
    if let errno = first.errno { throw Untried("DMA_MAP answers \(errno)") }
    let overlapping = try map(socket, at: start + 2 * page, pages: 4)
    let half = try unmap(socket, at: start, pages: 2)
    let whole = try unmap(socket, at: start, pages: 4)
    if overlapping.errno == nil { _ = try unmap(socket, at: start + 2 * page, pages: 4) }
    if half.errno == nil { return .broken("DMA_UNMAP of half of what was mapped is done.") }
    guard overlapping.errno == .EEXIST else {
      return .broken("DMA_MAP that overlaps an earlier one: \(overlapping.words), not EEXIST.")
    }
    return whole.errno == nil
      ? .kept("DMA_MAP that overlaps an earlier one answers EEXIST, DMA_UNMAP of half of it \(half.words).")
      : .broken("DMA_UNMAP of exactly what was mapped: \(whole.words).")
  }

  private static func map(_ socket: SocketBench, at address: UInt64, pages: UInt64) throws(Untried) -> WireFrame {
    let place = [0, address, pages * page].flatMap { [UInt8](number: $0) }
    return try socket.exchange(.dmaMap, [UInt8](number: UInt32(32)) + [UInt8](number: UInt32(1)) + place)
  }

  private static func unmap(_ socket: SocketBench, at address: UInt64, pages: UInt64) throws(Untried) -> WireFrame {
    let place = [address, pages * page].flatMap { [UInt8](number: $0) }
    return try socket.exchange(.dmaUnmap, [UInt8](number: UInt32(24)) + [UInt8](number: UInt32(0)) + place)
  }
}
