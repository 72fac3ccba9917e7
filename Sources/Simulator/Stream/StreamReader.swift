import VFIO

/// Takes a stream in pieces of any length, checks it as it comes and puts its pages into the device's memory.
struct StreamReader: Sendable {
  /// What comes next in the stream.
  private enum Part: Equatable {
    case header
    case head
    case data(offset: Int, length: Int)
    case nothing
  }

  private var part = Part.header
  private var buffer = [UInt8](repeating: 0, count: StreamFormat.headSize)
  private var held = 0
  private var records: UInt64 = 0
  private var checksum = Checksum()

  /// Whether not a byte has come yet.
  var isEmpty: Bool { part == .header && held == 0 }
  /// Whether the stream has come to its end and was good.
  var isComplete: Bool { part == .nothing }

  /// Takes the next bytes.
  mutating func take(_ bytes: RawSpan, into memory: inout DeviceMemory) throws(StreamFault) {
    var taken = 0
    while taken < bytes.byteCount {
      let missing = try wanted() - held
      let count = min(missing, bytes.byteCount - taken)
      hold(bytes.extracting(taken..<taken + count))
      taken += count
      if count == missing { try finish(&memory) }
    }
  }

  private func wanted() throws(StreamFault) -> Int {
    switch part {
    case .header, .head: StreamFormat.headSize
    case .data(_, let length): length
    case .nothing: throw .afterTheEnd
    }
  }

  private mutating func hold(_ bytes: RawSpan) {
    buffer.copy(bytes, at: held)
    held += bytes.byteCount
  }

  /// A part is all here.
  private mutating func finish(_ memory: inout DeviceMemory) throws(StreamFault) {
    let received = buffer
    let count = held
    held = 0
    switch part {
    case .header:
      try header(&memory)
      part = .head
    case .head:
      try head(memory)
      if isComplete { return }
    case .data(let offset, let length):
      for page in 0..<length / DeviceMemory.pageSize {
        let start = page * DeviceMemory.pageSize
        let contents = received.span.bytes.extracting(start..<start + DeviceMemory.pageSize)
        memory.store(contents, at: offset / DeviceMemory.pageSize + page)
      }
      part = .head
    case .nothing: return
    }
    checksum.add(received.span.bytes.extracting(0..<count))
  }

  private func header(_ memory: inout DeviceMemory) throws(StreamFault) {
    guard buffer.number(at: 0) == StreamFormat.magic, buffer.number(at: 8) == StreamFormat.version,
      buffer.number(at: 12) == UInt32(DeviceMemory.pageSize), let seed: UInt64 = buffer.number(at: 24)
    else { throw .foreign }
    let size: UInt64 = buffer.number(at: 16) ?? 0
    guard size == UInt64(memory.size) else { throw .otherSize(size) }
    memory.reset(seed: seed)
  }

  private mutating func head(_ memory: DeviceMemory) throws(StreamFault) {
    guard let tag: UInt32 = buffer.number(at: 0), buffer.number(at: 4) == UInt32(0),
      let number: UInt64 = buffer.number(at: 8), let second: UInt64 = buffer.number(at: 16),
      let third: UInt64 = buffer.number(at: 24), tag == StreamFormat.record || tag == StreamFormat.trailer
    else { throw .notARecord }
    guard number == records else { throw .outOfOrder(expected: records, got: number) }
    if tag == StreamFormat.trailer {
      guard second == checksum.value, third == 0 else { throw .badTrailer }
      part = .nothing
    } else {
      part = try data(offset: second, length: third, memory)
      records += 1
    }
  }

  private mutating func data(offset: UInt64, length: UInt64, _ memory: DeviceMemory) throws(StreamFault) -> Part {
    let page = UInt64(DeviceMemory.pageSize)
    let size = UInt64(memory.size)
    guard length > 0, length <= UInt64(StreamFormat.recordLimit), length.isMultiple(of: page),
      offset.isMultiple(of: page), length <= size, offset <= size - length
    else { throw .badPlace(offset: offset, length: length) }
    if buffer.count < Int(length) { buffer += repeatElement(0, count: Int(length) - buffer.count) }
    return .data(offset: Int(offset), length: Int(length))
  }
}
