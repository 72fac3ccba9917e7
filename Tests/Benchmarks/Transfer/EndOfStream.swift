import Migration
import VFIO

/// From the last byte that the destination took until its state was read back as running.
struct EndOfStream {
  let total: Duration
  /// What no device took of it.
  let own: Duration

  /// By the journals of a migration or a load, whose last is the destination's.
  init(_ journals: [Journal]) throws {
    let entries = journals.map { $0.entries() }
    guard let destination = entries.last, let running = destination.lastIndex(where: \.isRunning),
      let confirmed = destination[..<running].lastAccess(where: { _ in true }),
      let taken = destination.lastAccess(where: \.takesData)
    else { throw Failed(what: "the journal does not show the end of the stream") }
    let devices = entries.joined().compactMap(\.access).filter { $0.start >= taken.end && $0.end <= confirmed.end }
    total = taken.end.duration(to: confirmed.end)
    own = total - devices.reduce(.zero) { $0 + $1.duration }
  }
}

extension Access {
  fileprivate var end: ContinuousClock.Instant { start + duration }
  /// Whether it gave data to a device: the write of the data fd, in v1 of data_size.
  fileprivate var takesData: Bool {
    switch operation {
    case .streamWrite: true
    case .write: register == "data_size"
    default: false
    }
  }
}

extension Journal.Numbered {
  fileprivate var access: Access? { if case .access(let access, _) = entry { access } else { nil } }
  fileprivate var isRunning: Bool {
    guard case .step(let step) = entry else { return false }
    return step.requested.name == "running" && step.reached?.name == "running"
  }
}

extension Collection where Element == Journal.Numbered {
  fileprivate func lastAccess(where isWanted: (Access) -> Bool) -> Access? {
    reversed().lazy.compactMap(\.access).first(where: isWanted)
  }
}

/// Measures the end of many migrations and loads, and prints a line for each way.
struct EndOfStreamBenchmark {
  let times: Int
  let folder: String
  private static let size = 1 << 20
  private static let chunk = 64 << 10

  func run() throws {
    print(line("", ["p50 µs", "p99 µs", "own p50", "own p99"]))
    for way in [Way.v1Map, .v2] {
      for latency in ["0ms", "5ms"] {
        let address = way.address(size: Self.size, chunk: Self.chunk, options: ",latency=\(latency)")
        try measure("\(way.rawValue.prefix(2)) migrate \(latency)") { try migrate(way, address) }
        let file = folder + "/end"
        _ = try OurTransfer(way: way, checksums: .sha256, clock: .wall).save(address, to: file)
        try measure("\(way.rawValue.prefix(2)) load \(latency)") { try load(way, address, file) }
      }
    }
  }

  private func measure(_ name: String, _ body: () throws -> EndOfStream) throws {
    let ends = try (0..<times).map { _ in try body() }
    let columns = [\EndOfStream.total, \.own].flatMap { figure in
      let sorted = ends.map { $0[keyPath: figure] }.sorted()
      return [sorted[times / 2], sorted[times * 99 / 100]].map { whole($0 / .microseconds(1)) }
    }
    print(line(name, columns))
  }

  private func migrate(_ way: Way, _ address: String) throws -> EndOfStream {
    let (source, destination) = (try open(address), try open(address + ",seed=5"))
    var options = TransferOptions()
    options.preCopy = false
    options.access = way.access
    let report = MigrateOperation([(source, destination)], options: options).run()
    if let fault = report.fault { throw fault }
    return try EndOfStream([source.journal, destination.journal])
  }

  private func load(_ way: Way, _ address: String, _ file: String) throws -> EndOfStream {
    let destination = try open(address + ",seed=5")
    let ours = OurTransfer(way: way, checksums: .sha256, clock: .wall)
    try ours.load(try StreamFileReader(checking: file), into: destination)
    return try EndOfStream([destination.journal])
  }
}
