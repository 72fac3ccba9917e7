import CLoop
import CPair
import Glibc
import Migration
import VFIO

/// How long one command of 32 bytes and its reply of 40 take: the messages alone, by the pair in C, and by ours.
struct RoundTrip {
  let count: Int
  let rounds: Int
  let folder: String

  func run() throws {
    let address = Way.v1Message.address(size: 1 << 20, chunk: 64 << 10)
    let servers = try ServerKind.allCases.map { try ServerProcess($0, address, at: "\(folder)/\($0.rawValue)") }
    defer { for server in servers { _ = server.end() } }
    for server in servers { server.run(.together) }
    let times = try bestOfEach(
      rounds,
      [
        { [try bare("\(folder)/echo")] }, { [try pair("\(folder)/plain")] },
        { [try ours("\(folder)/ours", recording: false)] }, { [try ours("\(folder)/ours", recording: true)] },
      ])
    let micro = times.map { $0[0] / .microseconds(1) / Double(count) }
    print("\none round trip in µs, both ends on one processor (aim: ours at most 5 above sendmsg and recvmsg alone)")
    print(line("", ["bare", "C pair", "ours", "above", "recorded"]))
    print(line("", [micro[0], micro[1], micro[2], micro[2] - micro[0], micro[3]].map(ratio)))
  }

  private func bare(_ path: String) throws -> Duration {
    var seconds = 0.0
    guard cp_ping(path, count, &seconds) else { throw Failed(what: "the messages alone don't come back") }
    return .seconds(seconds)
  }

  private func pair(_ path: String) throws -> Duration {
    let client = UnsafeMutablePointer<cp_client>.allocate(capacity: 1)
    defer { client.deallocate() }
    guard cp_open(client, path, false, 1 << 20, 1 << 20) else { throw Failed(what: "the client in C can't connect") }
    defer { cp_close(client) }
    let calls = client.pointee.calls
    var value: UInt64 = 0
    return try Clock.wall.time {
      for _ in 0..<count where calls.read(calls.device, MigrationRegion.Register.pendingBytes, &value, 8) != 8 {
        throw Failed(what: "the client in C can't read")
      }
    }
  }

  private func ours(_ path: String, recording: Bool) throws -> Duration {
    let session = try open("vfio-user:\(path)", journal: recording ? Journal() : nil)
    guard let region = (session.interface as? V1Interface)?.region else { throw Failed(what: "no migration region") }
    let device = session.device
    var value: UInt64 = 0
    return try Clock.wall.time {
      for _ in 0..<count {
        try withUnsafeMutableBytes(of: &value) { bytes in
          var buffer = MutableRawSpan(_unsafeBytes: bytes)
          _ = try device.read(region, at: MigrationRegion.Register.pendingBytes, into: &buffer)
        }
      }
    }
  }
}
