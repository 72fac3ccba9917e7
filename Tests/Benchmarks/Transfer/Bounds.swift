import Glibc

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
      ])
    unlink(path)
    print("bounds, in pieces of 1 MiB: memcpy \(whole(rate(bytes, in: times[0][0]))) MiB/s,", terminator: " ")
    print("write(2) to a file in memory \(whole(rate(bytes, in: times[1][0]))) MiB/s")
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
