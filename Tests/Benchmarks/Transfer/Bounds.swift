import Glibc
import Migration

/// What this machine's memory allows at all.
struct Bounds {
  let bytes: Int
  let clock: Clock
  let path: String
  private static let piece = 1 << 20

  func run() throws {
    let source = [UInt8](repeating: 1, count: Self.piece)
    var target = [UInt8](repeating: 2, count: Self.piece)
    let times = try bestOfEach(
      3,
      [
        { [clock.time { copy(source, &target) }] },
        { [try clock.time { try write(source) }] },
        { [clock.time { digest(source) }] },
        { [clock.time { checksum(source) }] },
      ])
    unlink(path)
    print("bounds, in pieces of 1 MiB: memcpy \(whole(rate(bytes, in: times[0][0]))) MiB/s,", terminator: " ")
    print("write(2) to a file in memory \(whole(rate(bytes, in: times[1][0]))) MiB/s,")
    print("SHA-256 on one processor \(whole(rate(bytes, in: times[2][0]))) MiB/s,", terminator: " ")
    print("CRC-32C \(whole(rate(bytes, in: times[3][0]))) MiB/s: no file has its SHA-256 faster than that")
  }

  private func digest(_ source: [UInt8]) {
    var sha256 = SHA256()
    for _ in 0..<bytes / Self.piece { sha256.update(source.span.bytes) }
    // What nobody looks at might not be made.
    precondition(sha256.digest().count == SHA256.size)
  }

  private func checksum(_ source: [UInt8]) {
    var crc = CRC32C()
    for _ in 0..<bytes / Self.piece { crc.update(source.span.bytes) }
    precondition(crc != CRC32C())
  }

  private func copy(_ source: [UInt8], _ target: inout [UInt8]) {
    for _ in 0..<bytes / Self.piece {
      target.withUnsafeMutableBytes { target in source.withUnsafeBytes { target.copyMemory(from: $0) } }
    }
  }

  private func write(_ source: [UInt8]) throws {
    unlink(path)
    let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(file) }
    for _ in 0..<bytes / Self.piece where Glibc.write(file, source, Self.piece) != Self.piece {
      throw Failed(what: "the file in memory can't be written")
    }
  }
}
