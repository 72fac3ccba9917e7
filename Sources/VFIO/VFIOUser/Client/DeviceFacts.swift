import CVFIO

/// What a server said of its device when it was opened.
struct DeviceFacts: Sendable {
  let info: DeviceInfo
  /// The answers to GET_REGION_INFO, with all capabilities; nil for an index that the server refuses.
  private let replies: [[UInt8]?]
  private let descriptors: [UInt32: PassedDescriptor]

  private static let headSize = MemoryLayout<cv_region_info>.size
  /// Far beyond every device: what a server says must not decide how long this takes.
  private static let regionLimit: UInt32 = 256
  private static let argszLimit = 64 * 1024

  /// Asks for all of it.
  init(_ connection: VFIOUserConnection) throws(DeviceError) {
    var request = cv_device_info()
    request.argsz = 16
    let asked = Array([UInt8].bytes(of: request).prefix(16))
    let reply = try connection.ask(.deviceGetInfo, asked, .deviceInfo).payload
    guard let flags: UInt32 = reply.number(at: 4), let regions: UInt32 = reply.number(at: 8),
      let interrupts: UInt32 = reply.number(at: 12)
    else { throw DeviceError(.deviceInfo, .malformed("the answer has \(reply.count) bytes")) }
    info = DeviceInfo(flags: flags, regionCount: regions, interruptCount: interrupts)
    var replies: [[UInt8]?] = []
    var descriptors: [UInt32: PassedDescriptor] = [:]
    for index in 0..<min(regions, Self.regionLimit) {
      let answer = try unless(.EINVAL) { () throws(DeviceError) in try Self.describe(index, connection) }
      replies.append(answer?.reply)
      descriptors[index] = answer?.descriptor
    }
    (self.replies, self.descriptors) = (replies, descriptors)
  }

  /// What the server said, in a buffer of `argsz` bytes: one that is too small gets the size that it would need, and no
  /// capabilities.
  func region(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8] {
    let operation = Operation.regionInfo(index: index, argsz: argsz)
    guard argsz >= Self.headSize, index < replies.count, let reply = replies[Int(index)] else {
      throw DeviceError(operation, .EINVAL)
    }
    guard reply.count > argsz else { return reply }
    var head = Array(reply.prefix(Self.headSize))
    head.put(number: (head.number(UInt32.self, at: 4) ?? 0) & ~Region.Flags.capabilities.rawValue, at: 4)
    head.put(number: UInt32(0), at: 12)
    return head
  }

  /// The descriptor behind a region that may be mapped.
  func descriptor(of index: UInt32) -> PassedDescriptor? { descriptors[index] }

  /// Whether one of the regions is that of protocol v1.
  var hasMigrationRegion: Bool {
    replies.enumerated().contains { index, reply in
      guard let reply, let region = try? Region(reply: reply, to: UInt32(index)) else { return false }
      return region.isMigration
    }
  }

  // MARK: asking

  private static func describe(
    _ index: UInt32, _ connection: VFIOUserConnection
  ) throws(DeviceError) -> (reply: [UInt8], descriptor: PassedDescriptor?) {
    let first = try describe(index, argsz: headSize, connection)
    let needed = Int(first.reply.number(UInt32.self, at: 0) ?? 0)
    guard needed > first.reply.count else { return first }
    guard needed <= argszLimit else {
      throw DeviceError(
        .regionInfo(index: index, argsz: headSize), .malformed("the answer would be \(needed) bytes long"))
    }
    return try describe(index, argsz: needed, connection)
  }

  private static func describe(
    _ index: UInt32, argsz: Int, _ connection: VFIOUserConnection
  ) throws(DeviceError) -> (reply: [UInt8], descriptor: PassedDescriptor?) {
    let request = cv_region_info(
      argsz: UInt32(argsz), flags: 0, index: index, cap_offset: 0, size: 0, offset: 0)
    let operation = Operation.regionInfo(index: index, argsz: argsz)
    let (payload, descriptors) = try connection.ask(
      .deviceGetRegionInfo, [UInt8].bytes(of: request), operation)
    guard payload.count >= headSize else {
      throw DeviceError(operation, .malformed("the answer has \(payload.count) bytes"))
    }
    return (payload, descriptors.first)
  }
}
