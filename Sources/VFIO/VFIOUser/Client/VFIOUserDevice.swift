import CVFIO
import Synchronization

/// A device of a vfio-user server, reached over its socket.
///
/// What the device says of itself is asked when it is opened: servers refuse to say it in some migration states.
public final class VFIOUserDevice: Device {
  private struct Link {
    var connection: VFIOUserConnection
    /// Whether the server understands DEVICE_FEATURE; nil before it has answered one.
    var knowsFeatures: Bool?
    /// The direction of the data session that the last state change left open.
    var session: StreamDirection?
    /// The state that was last asked for.
    var state: V2State?
  }

  private let path: String
  private let options: VFIOUserOptions
  private let tap: WireTap?
  /// The memory that the server can ask for.
  let memory: ServedMemory
  private let link: Mutex<Link>
  let facts: DeviceFacts
  private let stream: Mutex<VFIOUserStream?> = Mutex(nil)

  /// Connects to the socket at `path`, with every access recorded and every message shown to `tap`.
  public static func open(
    _ path: String, options: VFIOUserOptions = VFIOUserOptions(), recorder: any AccessRecorder, tap: WireTap? = nil
  ) throws(DeviceError) -> any Device {
    let device = try recorder.measure(.open(path: path)) { (_) throws(DeviceError) in
      try VFIOUserDevice(path, options, tap)
    }
    return RecordingDevice(device, recorder: recorder)
  }

  private convenience init(_ path: String, _ options: VFIOUserOptions, _ tap: WireTap?) throws(DeviceError) {
    try self.init(path, options, tap) { (memory) throws(DeviceError) in
      try VFIOUserConnection.open(path, options, memory, tap)
    }
  }

  /// Takes over a socket that is connected to a server. For tests, which have no need of a path.
  package convenience init(
    on socket: Int32, options: VFIOUserOptions = VFIOUserOptions(), tap: WireTap? = nil
  ) throws(DeviceError) {
    let socket = WireSocket(FileDescriptor(owning: socket))
    try self.init("", options, tap) { (memory) throws(DeviceError) in
      do throws(WireError) {
        return try VFIOUserConnection.agree(on: socket, options, memory, tap)
      } catch {
        throw DeviceError(opening: "", error)
      }
    }
  }

  private init(
    _ path: String, _ options: VFIOUserOptions, _ tap: WireTap?,
    connecting: (ServedMemory) throws(DeviceError) -> VFIOUserConnection
  ) throws(DeviceError) {
    self.path = path
    self.options = options
    self.tap = tap
    let memory = ServedMemory()
    let connection = try connecting(memory)
    self.memory = memory
    facts = try DeviceFacts(connection)
    link = Mutex(Link(connection: connection))
  }

  // MARK: what the device says of itself

  /// What the server said when the device was opened.
  public func info() throws(DeviceError) -> DeviceInfo { facts.info }

  /// What the server said when the device was opened, cut to `argsz` bytes as it would have cut it.
  public func regionInfo(_ index: UInt32, argsz: Int) throws(DeviceError) -> [UInt8] {
    try facts.region(index, argsz: argsz)
  }

  // MARK: regions

  /// REGION_READ, in as many messages as it takes. The answer says how many bytes came before one failed.
  public func read(_ region: Region, at offset: UInt64, into buffer: inout MutableRawSpan) throws(DeviceError) -> Int {
    let operation = Operation.read(region: region.index, offset: offset, count: buffer.byteCount)
    let connection = self.connection
    return try buffer.withUnsafeMutableBytes { (buffer) throws(DeviceError) in
      try connection.move(buffer.count, inPartsOf: connection.most(\.mostRead) ?? options.maxRead) {
        (part) throws(DeviceError) in
        try connection.post(.regionRead, region.access(at: offset, part).span.bytes, for: operation)
      } take: { (id, part) throws(DeviceError) in
        let (_, came) = try connection.data(
          of: id, headSize: MemoryLayout<cu_region_access>.size,
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[part]), operation)
        guard came == part.count else {
          // A reply that echoes nothing is how libvfio-user answers for a region of no size.
          let short = DeviceError.Reason.short(expected: part.count, got: 0)
          throw DeviceError(operation, came == 0 ? short : .malformed("\(came) bytes came"))
        }
        return came
      }
    }
  }

  /// REGION_WRITE, in as many messages as it takes. The answer says how many bytes went before one failed.
  public func write(_ region: Region, at offset: UInt64, from buffer: RawSpan) throws(DeviceError) -> Int {
    let operation = Operation.write(region: region.index, offset: offset, count: buffer.byteCount)
    let connection = self.connection
    return try connection.move(buffer.byteCount, inPartsOf: connection.most(\.mostWritten) ?? options.maxMessage) {
      (part) throws(DeviceError) in
      try connection.post(
        .regionWrite, region.access(at: offset, part).span.bytes, buffer.extracting(part), for: operation)
    } take: { (id, part) throws(DeviceError) in
      _ = try connection.payload(of: id, operation)
      return part.count
    }
  }

  /// Maps the descriptor that came with the region's description.
  public func map(_ region: Region, offset: UInt64, count: Int) throws(DeviceError) -> any MappedWindow {
    try region.checkMap(offset: offset, count: count)
    let operation = Operation.map(region: region.index, offset: offset, count: count)
    guard let passed = facts.descriptor(of: region.index) else { throw DeviceError(operation, .ENOTSUP) }
    let mapping = try Mapping(
      passed.descriptor, at: region.offset + offset, count: count, access: region.flags, as: operation)
    return MemoryWindow(mapping, of: region, at: offset, count: count)
  }

  // MARK: features and reset

  /// DEVICE_FEATURE. `ENOTTY` when the server does not know the command.
  ///
  /// There is no data fd over a socket: after a state change that opens a data session, the number in `data` is one that
  /// `stream(taking:)` takes and that is no descriptor.
  public func feature(argsz: UInt32, flags: UInt32, data: inout [UInt8]) throws(DeviceError) -> Int {
    let operation = Operation.feature(argsz: argsz, flags: flags)
    guard link.withLock({ $0.knowsFeatures }) != false else { throw DeviceError(operation, .ENOTTY) }
    let asked = FeatureFlags(rawValue: flags)
    let change = asked.contains(.set) && !asked.contains(.probe) ? asked.deviceState(in: data) : nil
    // What was written and not yet taken comes before the change; a failure of it is told instead of the change.
    if change != nil { try stream.withLock { $0 }?.flush() }
    let sent = asked.contains(.set) ? data : []
    let reply = try askFeature([UInt8](number: argsz) + [UInt8](number: flags) + sent, operation)
    data.replacePrefix(with: reply.dropFirst(8))
    if let change {
      data.put(number: sessionNumber(after: change), at: 4)
      stream.withLock { $0 }?.enter(change)
      link.withLock { $0.state = change }
    } else if asked.contains(.get), asked.deviceState(in: data).map({ $0.session == nil }) == true {
      // A change that failed half-way, or somebody else, has ended it.
      link.withLock { $0.session = nil }
    }
    return 0
  }

  private func askFeature(_ payload: [UInt8], _ operation: Operation) throws(DeviceError) -> [UInt8] {
    do throws(DeviceError) {
      let reply = try connection.ask(.deviceFeature, payload, operation)
      link.withLock { $0.knowsFeatures = true }
      return reply.payload
    } catch {
      if error.errno != nil { link.withLock { $0.knowsFeatures = true } }
      guard error.reason == .unexplained, link.withLock({ $0.knowsFeatures }) == nil else { throw error }
      // Such a server has not read the payload and takes it for the next message: only a new connection helps.
      try reconnect(knowingFeatures: false)
      throw DeviceError(operation, .ENOTTY)
    }
  }

  private func reconnect(knowingFeatures: Bool?) throws(DeviceError) {
    // First, because most servers serve one client at a time.
    connection.end()
    let connection = try VFIOUserConnection.open(path, options, memory, tap)
    link.withLock { $0 = Link(connection: connection, knowsFeatures: knowingFeatures) }
  }

  /// The number that stands for the data session this change has opened, or -1.
  private func sessionNumber(after state: V2State) -> Int32 {
    let direction = state.session
    let isNew = link.withLock { link in
      defer { link.session = direction }
      return direction != nil && link.session != direction
    }
    return isNew ? VFIOUserStream.number : -1
  }

  /// DEVICE_RESET.
  public func reset() throws(DeviceError) {
    _ = try connection.ask(.deviceReset, [], .reset)
    link.withLock { $0.session = nil }
  }

  /// Leaves the server and connects to it again. What the server said of the device at first still holds.
  public func reopen() throws(DeviceError) {
    let left = stream.withLock { stream in
      defer { stream = nil }
      return stream
    }
    left?.close()
    try reconnect(knowingFeatures: link.withLock { $0.knowsFeatures })
  }

  /// The data session: MIG_DATA_READ and MIG_DATA_WRITE. The number means nothing and is not closed.
  public func stream(taking dataFD: Int32) -> any DataStream {
    let new = VFIOUserStream(connection, options)
    if let state = link.withLock({ $0.state }) { new.enter(state) }
    stream.withLock { $0 = new }
    return new
  }
}

extension VFIOUserDevice {
  /// The conversation as it is now.
  var connection: VFIOUserConnection { link.withLock { $0.connection } }

  /// The conversation as it is now, for messages as they are.
  public var wire: WireProbe? {
    let connection = connection
    return connection.agreement.map { WireProbe(connection, $0) }
  }
}

extension Region {
  /// What stands before the data of REGION_READ and REGION_WRITE.
  fileprivate func access(at offset: UInt64, _ part: Range<Int>) -> [UInt8] {
    .bytes(
      of: cu_region_access(offset: offset + UInt64(part.lowerBound), region: index, count: UInt32(part.count)))
  }
}

extension FeatureFlags {
  /// The state in this feature's data, when it is MIG_DEVICE_STATE.
  fileprivate func deviceState(in data: [UInt8]) -> V2State? {
    guard index == FeatureNumber.migDeviceState.rawValue, data.count >= 8 else { return nil }
    return data.number(UInt32.self, at: 0).map(V2State.init(rawValue:))
  }
}

extension [UInt8] {
  /// Puts as many bytes as both have.
  fileprivate mutating func replacePrefix(with bytes: ArraySlice<UInt8>) {
    let common = Swift.min(count, bytes.count)
    replaceSubrange(0..<common, with: bytes.prefix(common))
  }
}
