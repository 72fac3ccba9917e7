import TestSupport
import Testing

@testable import VFIO

/// What a served device's states look like from the other end of the socket.
@Suite("The states of a device behind vfio-user")
struct ServerStateTests {
  /// A device that is served in this process, and a client of it.
  private final class Pair {
    let server: VFIOUserServer
    let client: any Device
    private let folder: Tree
    private let ended: Ended<Void>

    init(_ device: FakeDevice) throws {
      folder = try Tree()
      let path = "\(folder.path)/s"
      let server = try VFIOUserServer(device, at: path)
      self.server = server
      ended = Ended { try server.run() }
      client = try VFIOUserDevice.open(path, recorder: Recording())
    }

    func end() throws {
      server.stop()
      try ended.value()
    }
  }

  private func set(_ state: V2State, _ device: any Device) -> Errno? {
    var data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
    do throws(DeviceError) {
      try device.set(.migDeviceState, data: &data)
      return nil
    } catch {
      return error.errno
    }
  }

  private func state(_ device: any Device) throws -> V2State? {
    try device.get(.migDeviceState, count: 8).number(UInt32.self, at: 0).map(V2State.init(rawValue:))
  }

  @Test(
    "a change that ends in a peer-to-peer state goes back to the state beside it: there is no other way out of there",
    arguments: [(V2State.runningP2P, V2State.running), (.preCopyP2P, .preCopy)])
  func landing(reached: V2State, seen: V2State) throws {
    let device = FakeDevice.v2().refusing(.stopCopy, with: .EIO, landingIn: reached)
    let pair = try Pair(device)
    #expect(set(.stopCopy, pair.client) == .EIO)
    #expect(try state(pair.client) == seen)
    #expect(try state(device) == seen)
    try pair.end()
  }

  @Test("peer-to-peer states are not offered, not taken, and the device is not asked for them")
  func noPeerToPeer() throws {
    let device = FakeDevice.v2(flags: 7)
    let pair = try Pair(device)
    #expect(try pair.client.get(.migration, count: 8).number(at: 0) == UInt64(5))
    #expect(set(.runningP2P, pair.client) == .EINVAL)
    #expect(set(.preCopyP2P, pair.client) == .EINVAL)
    #expect(try state(device) == .running)
    try pair.end()
  }

  /// How many bytes a client gets with two reads in this state, of a device whose data fd answers with this.
  private func reads(in state: V2State, of answers: [FakeDevice.StreamAnswer]) throws -> [Int] {
    let pair = try Pair(FakeDevice.v2().openingDataFD(for: state).streaming(reads: answers))
    #expect(set(state, pair.client) == nil)
    let stream = pair.client.stream(taking: 1)
    var buffer = ChunkBuffer()
    let counts = try (0..<2).map { _ in
      try buffer.fill(0..<16) { (bytes) throws(DeviceError) in try stream.read(into: &bytes) }
    }
    stream.close()
    try pair.end()
    return counts
  }

  @Test("a stopped device that says that it has nothing now is not taken for one whose data have ended")
  func nothingNow() throws {
    let answers: [FakeDevice.StreamAnswer] = [
      .refuses(.ENOMSG), .gives([1]), .refuses(.ENOMSG), .refuses(.ENOMSG), .gives([2, 3]),
    ]
    #expect(try reads(in: .stopCopy, of: answers) == [3, 0])
  }

  @Test("a running one that says so has nothing now")
  func nothingNowWhileRunning() throws {
    #expect(try reads(in: .preCopy, of: [.refuses(.ENOMSG), .gives([1]), .refuses(.ENOMSG)]) == [0, 1])
  }

  @Test("a device that has no session any more is not asked for data")
  func lostSession() throws {
    let device = FakeDevice.v2().openingDataFD(for: .stopCopy)
      .refusing(V2State.running, with: .EIO, landingIn: .error)
    let pair = try Pair(device)
    #expect(set(.stopCopy, pair.client) == nil)
    #expect(set(.running, pair.client) == .EIO)
    let stream = pair.client.stream(taking: 1)
    var buffer = ChunkBuffer()
    let failure = #expect(throws: DeviceError.self) {
      _ = try buffer.fill(0..<16) { (bytes) throws(DeviceError) in try stream.read(into: &bytes) }
    }
    #expect(failure?.errno == .EINVAL)
    stream.close()
    try pair.end()
  }
}
