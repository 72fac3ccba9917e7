import VFIO

/// Puts the parts of a stream together.
struct StreamWriter: Sendable {
  private var checksum = Checksum()
  private var records: UInt64 = 0

  /// The stream's first bytes.
  mutating func header(of memory: DeviceMemory) -> [UInt8] {
    var head: [UInt8] = []
    head.append(number: StreamFormat.magic)
    head.append(number: StreamFormat.version)
    head.append(number: UInt32(DeviceMemory.pageSize))
    head.append(number: UInt64(memory.size))
    head.append(number: memory.pattern.seed)
    checksum.add(head.span.bytes)
    return head
  }

  /// Writes a record with these pages into `target`, from `place` on.
  ///
  /// - Returns: its length in bytes.
  mutating func record(
    _ pages: Range<Int>, of memory: DeviceMemory, into target: inout [UInt8], at place: Int
  ) -> Int {
    let length = pages.count * DeviceMemory.pageSize
    let offset = pages.lowerBound * DeviceMemory.pageSize
    target.copy(head(StreamFormat.record, records, UInt64(offset), UInt64(length)).span.bytes, at: place)
    var span = target.mutableSpan
    var bytes = span.mutableBytes
    memory.read(at: offset, count: length, into: &bytes, at: place + StreamFormat.headSize)
    records += 1
    checksum.add(target.span.bytes.extracting(place..<place + StreamFormat.headSize + length))
    return StreamFormat.headSize + length
  }

  /// The stream's last bytes.
  func trailer() -> [UInt8] {
    head(StreamFormat.trailer, records, checksum.value, 0)
  }

  private func head(_ tag: UInt32, _ first: UInt64, _ second: UInt64, _ third: UInt64) -> [UInt8] {
    var head = [UInt8](number: tag) + [UInt8](number: UInt32(0))
    for number in [first, second, third] { head.append(number: number) }
    return head
  }
}
