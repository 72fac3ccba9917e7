import Glibc
import Migration
import Simulator
import VFIO

/// Two sockets that are connected with each other.
struct SocketPair {
  let ours: Int32
  let theirs: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    let result = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
    precondition(result == 0, "no sockets")
    (ours, theirs) = (ends[0], ends[1])
  }

  /// Has the other side say this, and nothing after it.
  func say(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let taken = bytes[sent...].withUnsafeBytes {
        send(theirs, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      guard taken > 0 else { break }
      sent += taken
    }
    shutdown(theirs, Int32(SHUT_WR))
  }

  /// Does something while a thread reads what comes on the other side, until nothing more can: who does not read keeps
  /// who writes waiting. It is a bare thread, because queues open descriptors of their own when they like.
  func whileReading(_ body: () -> Void) {
    var thread = pthread_t()
    let created = pthread_create(
      &thread, nil,
      { number in
        let socket = Int32(Int(bitPattern: number))
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while recv(socket, &bytes, bytes.count, 0) > 0 {}
        return nil
      }, UnsafeMutableRawPointer(bitPattern: Int(theirs)))
    precondition(created == 0, "no thread")
    body()
    pthread_join(thread, nil)
  }
}

extension FuzzTarget {
  /// A command as a client sends it.
  private static func command(_ command: WireCommand, _ payload: [UInt8]) -> [UInt8] {
    let size = UInt32(WireHeader.size + payload.count)
    return [UInt8](number: UInt16(1)) + [UInt8](number: command.rawValue) + [UInt8](number: size)
      + [UInt8](number: UInt64(0)) + payload
  }

  /// The devices that are served. They are reset, and not made anew: reading their profiles takes longer than a try.
  static let devices = ["v2-reference,size=64K", "v1-reference,size=64K,chunk=4K"].compactMap {
    try? SimulatedDevice.open($0)
  }

  /// The first byte says which generation is served (bit 0), and whether VERSION is left to the other bytes (bit 1).
  func tryServer(_ bytes: [UInt8]) {
    guard let choice = bytes.first else { return }
    var options = ServerOptions()
    options.generation = choice & 1 == 0 ? .second : .first
    let device = Self.devices[Int(choice & 1)]
    let pair = SocketPair()
    let version = choice & 2 == 0 ? Self.command(.version, WireVersion(minor: 2).payload) : []
    pair.say(version + bytes.dropFirst())
    pair.whileReading {
      _ = VFIOUserServer.converse(on: pair.ours, about: device, options: options) { _ = $0.description }
    }
    let isReset: Void? = try? device.reset()
    precondition(isReset != nil, "the device can't be reset")
    close(pair.theirs)
  }

  /// The first byte says how the session is used; the others are all that the server sends.
  func tryClient(_ bytes: [UInt8]) {
    guard let choice = bytes.first else { return }
    let pair = SocketPair()
    pair.say(Array(bytes.dropFirst()))
    defer { close(pair.theirs) }
    var options = VFIOUserOptions()
    options.timeout = .seconds(5)
    options.wantsTwinSocket = choice & 1 != 0
    let tap: WireTap = { _ = $0.description }
    guard let device = try? VFIOUserDevice(on: pair.ours, options: options, tap: choice & 2 == 0 ? nil : tap) else {
      return
    }
    Self.use(device)
  }

  /// Everything that can be asked of a device.
  private static func use(_ device: any Device) {
    guard let support = try? MigrationSupport.find(on: device) else { return }
    for region in ((try? device.regions()) ?? []).prefix(4) {
      _ = try? device.bytes(in: region, at: 0, count: 8)
      _ = try? device.setRegister(UInt32(1), in: region, at: 0)
    }
    if let interface = support.interface { _ = try? interface.state() }
    var data = [UInt8](number: V2State.stopCopy.rawValue) + [UInt8](number: Int32(-1))
    try? device.set(.migDeviceState, data: &data)
    let stream = device.stream(taking: 1)
    var buffer = ChunkBuffer()
    for size in [1000, 10] {
      _ = try? buffer.fill(0..<size) { (bytes) throws(DeviceError) in try stream.read(into: &bytes) }
    }
    _ = try? stream.write(data.span.bytes)
    stream.close()
    var bitmap = DirtyBitmap(DMARange(iova: 0, length: 1 << 20), pageSize: 4096)
    _ = try? device.startLogging([bitmap.range], pageSize: 4096)
    try? device.reportLogging(into: &bitmap)
    if let space = try? device.addressSpace(), let memory = SharedMemory(count: 4096) {
      try? space.map(memory, at: 0)
      try? space.readLog(into: &bitmap)
    }
    try? device.reset()
  }

  /// The payload of VERSION, and what is said of it again.
  func tryVersion(_ bytes: [UInt8]) {
    guard let version = try? WireVersion(payload: bytes) else { return }
    let again = try? WireVersion(payload: version.payload)
    precondition(again == version, "a version is not read as it was written")
  }
}
