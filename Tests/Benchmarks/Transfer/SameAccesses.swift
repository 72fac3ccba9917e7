import Migration
import Synchronization
import VFIO

/// Counts what ours and the loop in C ask of a device for its data. A comparison of two that ask for different things
/// would say nothing.
struct SameAccesses {
  let way: Way
  let folder: String
  private static let size = 1 << 20
  private static let chunk = 64 << 10

  /// Saves and loads a small device by both, and prints the counts; fails when they are not equal.
  func run() throws {
    let address = way.address(size: Self.size, chunk: Self.chunk)
    let target = address + ",seed=5"
    let (ours, plain) = (folder + "/same", folder + "/plain")
    // Ours asks for data_offset once more for each MiB, to see that the window stays where it is.
    try compare("save", more: way == .v2 ? 0 : 1) {
      _ = try our($0).save(address, to: ours)
    } loop: {
      _ = try loop($0).save(address, to: plain)
    }
    // Ours gives a data fd no more than 256 KiB at once.
    try compare("load", more: way == .v2 ? 3 : 0) {
      _ = try our($0).load(target, from: ours)
    } loop: {
      _ = try loop($0).load(target, from: plain)
    }
  }

  private func our(_ journal: Journal) -> OurTransfer {
    OurTransfer(way: way, checksums: .sha256, clock: .wall, journal: journal)
  }

  private func loop(_ journal: Journal) -> PlainLoop {
    PlainLoop(way: way, chunk: Self.chunk, clock: .wall, journal: journal)
  }

  private func compare(
    _ verb: String, more: Int, _ ours: (Journal) throws -> Void, loop: (Journal) throws -> Void
  ) throws {
    let (ours, loop) = (try count(ours), try count(loop))
    print("accesses for the data of 1 MiB, \(verb), \(way.rawValue): ours \(ours), loop in C \(loop)")
    if ours != loop + more { throw Failed(what: "they don't do the same") }
  }

  private func count(_ body: (Journal) throws -> Void) throws -> Int {
    let counter = Counter()
    try body(Journal(onEntry: { counter.take($0) }))
    return counter.count
  }
}

private final class Counter: Sendable {
  private let accesses = Mutex(0)

  var count: Int { accesses.withLock { $0 } }

  func take(_ entry: Journal.Entry) {
    if case .access(let access, _) = entry, access.isForData { accesses.withLock { $0 += 1 } }
  }
}

extension Access {
  /// Whether it belongs to the data, not to the steps before and after: those look at more of the device than a loop.
  fileprivate var isForData: Bool {
    switch operation {
    case .streamRead, .streamWrite: true
    case .read(_, let offset, _), .write(_, let offset, _): offset >= MigrationRegion.Register.pendingBytes
    default: false
    }
  }
}
