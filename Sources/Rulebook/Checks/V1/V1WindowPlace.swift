import Glibc
import Migration
import VFIO

/// Where the data lie in the region, and how they are come by.
enum V1WindowPlace {
  static let checks: [Check] = [
    Check("V1-ACC-09") { (bench) throws(Untried) in
      let region = try V1Bench(bench).described()
      guard region.flags.contains(.map) else { return .kept("The region can't be mapped.") }
      let areas = region.mappable
      guard !areas.isEmpty else { return .broken("All of the region may be mapped: it names no parts.") }
      if let low = areas.first(where: { $0.offset < MigrationRegion.headerSize && $0.size > 0 }) {
        return .broken("The part of \(low.size) bytes at offset \(low.offset) may be mapped, with registers in it.")
      }
      return .kept(
        "May be mapped: " + areas.map { "\($0.size) bytes at offset \($0.offset)" }.joined(separator: ", ") + ".")
    },
    Check("V1-ACC-10", alignment),
    Check("V1-ACC-11", reads),
    Check("V1-ACC-12", behindTheRegisters),
    Check("V1-ACC-13", insideTheRegion),
  ]

  private static func alignment(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    guard v1.region.flags.contains(.map) else { throw Untried("the region can't be mapped") }
    try v1.enter(.stopCopy)
    let (offset, _) = try v1.openFirstChunk()
    let holding = v1.region.mappable.first { $0.offset <= offset && offset - $0.offset < $0.size }
    guard let area = holding else {
      throw Untried("data_offset is \(offset), which lies in no part that may be mapped")
    }
    let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
    let isAligned = [offset, area.offset, area.size].allSatisfy { $0.isMultiple(of: page) }
    let words = "data_offset is \(offset), in a part of \(area.size) bytes at \(area.offset); pages have \(page) bytes"
    return isAligned ? .kept("\(words).") : .broken("\(words): not all of that is aligned.")
  }

  private static func reads(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.stopCopy)
    var walk = ChunkWalk(v1)
    while let chunk = try walk.next() {
      var done = 0
      while done < chunk.size {
        let answer = v1.read(chunk.size - done, at: chunk.offset + UInt64(done))
        guard let bytes = answer.value, !bytes.isEmpty else {
          return .broken(
            "Reading \(chunk.size - done) bytes at \(chunk.offset + UInt64(done)): \(answer.isDone ? "none come" : "\(answer)")."
          )
        }
        done += bytes.count
      }
    }
    guard walk.chunks > 0 else { throw Untried("the device has no data") }
    return .kept("\(walk.bytes) bytes were taken with reads; chunks: \(walk.chunks).")
  }

  private static func behindTheRegisters(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    var seen: [(state: String, offset: UInt64)] = []
    // Entering resuming loses what the device holds.
    for state in [V1State.preCopy, .stopCopy] + (bench.permission >= .lose ? [.resuming] : []) {
      try v1.enterAnew(state)
      if state != .resuming, try bench.need(v1.pendingBytes(), "pending_bytes") == 0 { continue }
      // Twice: where it lies may change, as long as nothing has been moved.
      for _ in 0..<2 {
        let offset = try bench.need(v1.dataOffset(), "data_offset")
        guard offset >= MigrationRegion.headerSize else {
          return .broken("In \(state.name), data_offset is \(offset): that is among the registers.")
        }
        if seen.last?.state != state.name { seen.append((state.name, offset)) }
      }
    }
    guard !seen.isEmpty else { throw Untried("the device has no data") }
    return .kept("data_offset is " + seen.map { "\($0.offset) in \($0.state)" }.joined(separator: ", ") + ".")
  }

  private static func insideTheRegion(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    var walk = ChunkWalk(v1)
    for state in [V1State.preCopy, .stopCopy] {
      try v1.enter(state)
      while let chunk = try walk.nextAnywhere() {
        let (end, overflow) = chunk.offset.addingReportingOverflow(chunk.size)
        guard !overflow, end <= v1.region.size else {
          return .broken(
            "In \(state.name), a chunk of \(chunk.size) bytes at \(chunk.offset) does not lie in the region of \(v1.region.size)."
          )
        }
      }
    }
    guard walk.chunks > 0 else { throw Untried("the device has no data") }
    return .kept("All chunks, \(walk.chunks), lie in the region of \(v1.region.size) bytes.")
  }
}

/// The chunks of a saving device, one after the other, within the bounds of a check.
struct ChunkWalk {
  private let v1: V1Bench
  private let end = ContinuousClock.now + Bench.patience
  /// Chunks so far.
  private(set) var chunks = 0
  /// Bytes so far.
  private(set) var bytes = 0

  init(_ v1: V1Bench) { self.v1 = v1 }

  /// The next chunk, which has to lie in the region; the one before is acknowledged. Nil when nothing is pending, or a
  /// bound is reached.
  mutating func next() throws(Untried) -> (offset: UInt64, size: Int)? {
    guard let chunk = try nextAnywhere() else { return nil }
    guard let size = Int(exactly: chunk.size), chunk.size <= v1.region.size, chunk.offset <= v1.region.size - chunk.size
    else { throw Untried("a chunk of \(chunk.size) bytes at \(chunk.offset) does not lie in the region") }
    return (chunk.offset, size)
  }

  /// The next chunk, wherever the device says that it lies.
  mutating func nextAnywhere() throws(Untried) -> (offset: UInt64, size: UInt64)? {
    while bytes < Bench.byteLimit, ContinuousClock.now < end {
      guard try v1.bench.need(v1.pendingBytes(), "pending_bytes") > 0 else { return nil }
      let offset = try v1.bench.need(v1.dataOffset(), "data_offset")
      let size = try v1.bench.need(v1.dataSize(), "data_size")
      if size > 0 {
        chunks += 1
        bytes += Int(clamping: min(size, UInt64(Bench.byteLimit)))
        return (offset, size)
      }
      usleep(1000)
    }
    return nil
  }
}

extension Region {
  /// The parts that may be mapped, when the region names any.
  fileprivate var mappable: [RegionCapability.Area] {
    capabilities.flatMap { capability -> [RegionCapability.Area] in
      switch capability {
      case .sparseMap(let areas): areas
      case .type, .other: []
      }
    }
  }
}
