import Glibc
import Migration

/// Saves and loads over vfio-user sockets: our client and server beside those in plain C, with the same messages.
struct WireTable {
  let size: Int
  let rounds: Int
  let clock: Clock
  let folder: String

  /// A way with messages of one size.
  private struct Row {
    let name: String
    let way: Way
    let chunk: Int
    /// The most bytes of data in a message that is read.
    let readSize: Int
    let isSave: Bool
  }

  private static let rows = [
    Row(name: "save v2, 32 KiB", way: .v2, chunk: 1 << 20, readSize: 32 << 10, isSave: true),
    Row(name: "save v2, 1 MiB", way: .v2, chunk: 1 << 20, readSize: 1 << 20, isSave: true),
    Row(name: "save v1, 32 KiB", way: .v1Message, chunk: 32 << 10, readSize: 1 << 20, isSave: true),
    Row(name: "save v1, 1 MiB", way: .v1Message, chunk: 1 << 20, readSize: 1 << 20, isSave: true),
    Row(name: "save v1, mapped", way: .v1Map, chunk: 1 << 20, readSize: 1 << 20, isSave: true),
    Row(name: "load v2, 32 KiB", way: .v2, chunk: 1 << 20, readSize: 1 << 20, isSave: false),
    Row(name: "load v1, 32 KiB", way: .v1Message, chunk: 32 << 10, readSize: 1 << 20, isSave: false),
    Row(name: "load v1, mapped", way: .v1Map, chunk: 1 << 20, readSize: 1 << 20, isSave: false),
  ]

  func run() throws {
    print("\nover a socket, in MiB/s; loop: a loop in C on our client; program: a save without checksums, a load;")
    print("cpu: processor time of both ends in ms")
    for place in ServerProcess.Place.allCases {
      print("\n\(place.words)")
      try run(place)
    }
  }

  private func run(_ place: ServerProcess.Place) throws {
    print(line("", ["C pair", "loop", "ratio", "program", "ratio", "C cpu", "loop cpu", "cpu", "peak MiB", "server"]))
    for row in Self.rows { try run(row, place) }
  }

  private func run(_ row: Row, _ place: ServerProcess.Place) throws {
    let address = row.way.address(size: size, chunk: row.chunk)
    let ours = try ServerProcess(.ours, address, at: folder + "/ours")
    let plain = try ServerProcess(.plain, address, at: folder + "/plain")
    for server in [ours, plain] { server.run(place) }
    defer { for name in ["stream", "raw"] { unlink("\(folder)/\(name)") } }
    let times: [[Duration]]
    do {
      times = try row.isSave ? save(row, ours, plain) : load(row, ours, plain)
    } catch {
      _ = (ours.end(), plain.end())
      throw error
    }
    let rates = times.map { rate(size, in: $0[0]) }
    let columns =
      [whole(rates[0])] + rates.dropFirst().flatMap { [whole($0), ratio($0 / rates[0])] }
      + times.map { whole($0[1] / .milliseconds(1)) } + [peakMemory(), ours.end()].map(whole)
    _ = plain.end()
    print(line(row.name, columns))
  }

  /// What a move took, and the processor time that both ends took for it.
  private func both(_ server: ServerProcess, _ move: () throws -> Duration) throws -> [Duration] {
    let (own, its) = (ownProcessorTime, server.processorTime)
    let time = try move()
    return [time, ownProcessorTime - own + server.processorTime - its]
  }

  private var ownProcessorTime: Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  private func save(_ row: Row, _ ours: ServerProcess, _ plain: ServerProcess) throws -> [[Duration]] {
    let pair = PairLoop(way: row.way, chunk: row.chunk, readSize: row.readSize, clock: clock)
    let loop = PlainLoop(way: row.way, chunk: row.chunk, clock: clock, maxRead: row.readSize)
    let program = OurTransfer(way: row.way, checksums: .none, clock: clock, maxRead: row.readSize)
    let file = folder + "/stream"
    return try bestOfEach(
      rounds,
      [
        { try both(plain) { try pair.save(from: plain.path, to: file) } },
        { try both(ours) { try loop.save("vfio-user:\(ours.path)", to: file) } },
        { try both(ours) { try program.save("vfio-user:\(ours.path)", to: file)[0] } },
      ])
  }

  private func load(_ row: Row, _ ours: ServerProcess, _ plain: ServerProcess) throws -> [[Duration]] {
    let pair = PairLoop(way: row.way, chunk: row.chunk, readSize: row.readSize, clock: clock)
    let loop = PlainLoop(way: row.way, chunk: row.chunk, clock: clock)
    let program = OurTransfer(way: row.way, checksums: .none, clock: clock)
    let (stream, raw) = (folder + "/stream", folder + "/raw")
    _ = try pair.save(from: plain.path, to: raw)
    _ = try program.save("vfio-user:\(ours.path)", to: stream)
    return try bestOfEach(
      rounds,
      [
        { try both(plain) { try pair.load(plain.path, from: raw) } },
        { try both(ours) { try loop.load("vfio-user:\(ours.path)", from: raw) } },
        { try both(ours) { try program.load("vfio-user:\(ours.path)", from: stream)[0] } },
      ])
  }
}
