import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Migration

/// Chunks that are too long to be kept whole on their way.
@Suite struct LongChunkTests {
  private static let profile = "v1-reference,size=7M,dirty=0,chunk=2500K,window=2500K"

  @Test(arguments: [WindowAccess.message, .map]) func comeInPartsOfBoundedLength(_ access: WindowAccess) throws {
    let device = try SimulatedSession(Self.profile)
    device.session.step(.state(try #require(device.session.state(named: "stop-copy"))))
    let reader = device.session.interface.reader(access)
    var chunks: [[Int]] = []
    while true {
      var parts: [Int] = []
      var rest: Int?
      let piece = try reader.next(stopped: true) { (bytes, left) throws(TransferFault) in
        if let rest { #expect(rest == bytes.byteCount + left) }
        parts.append(bytes.byteCount)
        rest = left
      }
      guard case .chunk(let count) = piece else { break }
      #expect(rest == 0)
      #expect(parts.reduce(0, +) == count)
      chunks.append(parts)
    }
    let (parts, rest) = (2500 << 10).quotientAndRemainder(dividingBy: ChunkPart.limit)
    let whole = [Int](repeating: ChunkPart.limit, count: parts) + [rest]
    #expect(chunks.dropLast() == [whole, whole])
    #expect(chunks.joined().allSatisfy { $0 <= ChunkPart.limit })
  }

  @Test(arguments: [WindowAccess.message, .map]) func areOneChunkToTheDeviceThatLoadsThem(_ access: WindowAccess) throws
  {
    let (source, target) = (try SimulatedSession(Self.profile), try SimulatedSession(Self.profile + ",seed=2"))
    var options = TransferOptions()
    options.access = access
    options.preCopy = false
    let report = MigrateOperation([(source.session, target.session)], options: options).run()
    #expect(report.fault == nil)
    let chunks = Int(report.phases.reduce(0) { $0 + $1.chunks })
    #expect(chunks == 3)
    #expect(target.count { $0 == .read(region: $1, offset: MigrationRegion.Register.dataOffset, count: 8) } == chunks)
    #expect(target.count { $0 == .write(region: $1, offset: MigrationRegion.Register.dataSize, count: 8) } == chunks)
    #expect(target.state == "running")
    #expect(try target.memory() == source.memory())
  }

  @Test func areMappedASliceAtATime() throws {
    // Their last parts are shorter, and each begins where the slices do.
    let profile = "v1-reference,size=9M,dirty=0,chunk=9000K,window=9000K"
    let (source, target) = (try SimulatedSession(profile), try SimulatedSession(profile + ",seed=2"))
    let saved = [WindowAccess.map, .message].map { access in
      let stream = MemoryStream()
      var options = TransferOptions()
      options.access = access
      options.preCopy = false
      #expect(SaveOperation(source.session, to: stream, options: options).run().fault == nil)
      return stream
    }
    let isTheSame = saved[0].chunks == saved[1].chunks
    #expect(isTheSame)
    #expect(saved[0].chunks.first?.count == 9000 << 10)
    let maps = source.session.journal.entries().compactMap { entry -> Operation? in
      guard case .access(let access, _) = entry.entry else { return nil }
      return switch access.operation {
      case .map, .unmap: access.operation
      default: nil
      }
    }
    let slice = Int(V1DataSection.slice)
    // The chunk behind the first one begins in the first slice again.
    let places = (0...4).map { $0 * slice } + [0]
    let lengths = places.map { min(slice + ChunkPart.limit, 9000 << 10 - $0) }
    #expect(maps.compactMap { if case .map(_, let at, _) = $0 { Int(at) - 4096 } else { nil } } == places)
    #expect(maps.compactMap { if case .map(_, _, let count) = $0 { count } else { nil } } == lengths)
    // Never more than two at a time.
    let now = maps.reduce(into: [0]) { now, operation in
      if case .map = operation { now.append(now[now.count - 1] + 1) } else { now.append(now[now.count - 1] - 1) }
    }
    #expect(now.max() == 2 && now.last == 0)
    var options = TransferOptions()
    options.access = .map
    #expect(LoadOperation(target.session, from: saved[0], options: options).run().fault == nil)
    let isLoaded = try target.memory() == source.memory()
    #expect(isLoaded)
  }

  @Test func liveInSlicesThatHoldEveryPart() {
    let (slice, limit) = (V1DataSection.slice, UInt64(ChunkPart.limit))
    let starts = [0, 1, limit, slice - 1, slice, slice + 1, 2 * slice - limit, 2 * slice - 1]
    for area in [0..<20 * slice, 4096..<4097, 4096..<slice + 5000, 8192..<2 * slice + 8193, 1..<UInt64.max] {
      for start in starts.map({ area.lowerBound + $0 }) where area.contains(start) {
        for length in [1, 8, limit, 3 * slice] {
          let part = start..<min(start + length, area.upperBound)
          let found = V1DataSection.slice(of: area, around: part)
          #expect(area.contains(found.lowerBound) && found.upperBound <= area.upperBound)
          #expect(found.lowerBound <= part.lowerBound && part.upperBound <= found.upperBound)
          #expect((found.lowerBound - area.lowerBound).isMultiple(of: slice))
          #expect(length > limit || found.count <= Int(slice + limit))
        }
      }
    }
  }

  @Test func comeOutOfAFileInPartsToo() throws {
    let folder = Folder()
    var numbers = SeededNumbers(seed: 31)
    let chunks = [numbers.bytes(2 * ChunkPart.limit + 5), [1], numbers.bytes(ChunkPart.limit)]
    let path = try folder.file("s", holding: streamFile([(.v2(.stopCopy), chunks)]))
    for source: any ChunkSource in [try StreamFileReader(checking: path), ReadAhead(try StreamFileReader(path: path))] {
      var (buffer, found): ([UInt8], [[UInt8]]) = ([], [[]])
      var lengths: [[Int]] = []
      while let part = try source.nextPart(into: &buffer) {
        found[found.count - 1] += buffer[part.place]
        lengths.append([part.place.count, part.left])
        if part.left == 0 { found.append([]) }
      }
      let isTheSame = found == chunks + [[]]
      #expect(isTheSame)
      let limit = ChunkPart.limit
      #expect(lengths == [[limit, limit + 5], [limit, 5], [5, 0], [1, 0], [limit, 0]])
    }
  }

  /// The device has its other parts by then, but was not told that it has the chunk.
  @Test func areNotGivenWholeWhenTheyAreDamaged() throws {
    let folder = Folder()
    var numbers = SeededNumbers(seed: 32)
    var file = try streamFile([(.v1(.stopCopy), [numbers.bytes(ChunkPart.limit + 5)])])
    file[file.count - 100_000] ^= 1
    let device = try SimulatedSession(Self.profile)
    let reader = try StreamFileReader(path: folder.file("s", holding: file))
    let report = LoadOperation(device.session, from: reader).run()
    guard case .stream(let fault)? = report.fault else {
      Issue.record("it was loaded")
      return
    }
    #expect(fault.reason == "the frame's checksum does not fit")
    #expect(device.count { $0 == .write(region: $1, offset: MigrationRegion.Register.dataSize, count: 8) } == 0)
    #expect(device.state == "running")
  }

  @Test(arguments: ["save", "migrate"]) func canBeGivenUpInTheMiddleOf(_ verb: String) throws {
    let reads = Atomic(0)
    let device = try SimulatedSession(Self.profile) { entry in
      guard case .access(let access, _) = entry, case .read(_, _, 9...) = access.operation else { return }
      reads.add(1, ordering: .relaxed)
    }
    let observer = TransferObserver(isCancelled: { reads.load(ordering: .relaxed) > 0 })
    var options = TransferOptions()
    options.preCopy = false
    let report: TransferReport
    if verb == "save" {
      report = SaveOperation(device.session, to: MemoryStream(), options: options, observer: observer).run()
    } else {
      let target = try SimulatedSession(Self.profile + ",seed=2")
      report = MigrateOperation([(device.session, target.session)], options: options, observer: observer).run()
    }
    #expect(report.fault == .cancelled)
    #expect(report.faulty == nil)
    #expect(reads.load(ordering: .relaxed) == 1)
    #expect(device.state == "running")
  }

  @Test func canBeGivenUpInTheirMiddle() throws {
    let folder = Folder()
    let saved = MemoryStream()
    _ = SaveOperation(try SimulatedSession("v2-reference,size=4M,dirty=0").session, to: saved).run()
    let path = try folder.file("s", holding: streamFile([(.v2(.stopCopy), [saved.bytes])]))
    let writes = Atomic(0)
    let device = try SimulatedSession("v2-reference,size=4M,dirty=0") { entry in
      guard case .access(let access, _) = entry, case .streamWrite = access.operation else { return }
      writes.add(1, ordering: .relaxed)
    }
    let observer = TransferObserver(isCancelled: { writes.load(ordering: .relaxed) > 0 })
    let reader = try StreamFileReader(path: path)
    let report = LoadOperation(device.session, from: reader, observer: observer).run()
    #expect(report.fault == .cancelled)
    #expect(writes.load(ordering: .relaxed) == 1)
    #expect(device.state == "running")
  }

  @Test(arguments: [WindowAccess.message, .map]) func areLoadedFromAFile(_ access: WindowAccess) throws {
    let folder = Folder()
    let source = try SimulatedSession(Self.profile)
    let writer = try StreamFileWriter(FileSink(path: folder.file("s")), identity: someIdentity)
    var options = TransferOptions()
    options.access = access
    #expect(SaveOperation(source.session, to: WriteBehind(writer), options: options).run().fault == nil)
    #expect(try writer.finish(finalState: nil).largestChunk == 2500 << 10)
    let target = try SimulatedSession(Self.profile + ",seed=2")
    let reader = try StreamFileReader(checking: folder.file("s"))
    #expect(LoadOperation(target.session, from: ReadAhead(reader), options: options).run().fault == nil)
    #expect(try target.memory() == source.memory())
  }
}

/// Chunks of any length, in a file.
@Suite struct ChunkLengthTests {
  /// With lengths on both sides of what is gathered for one write, of a batch, and of a part.
  @Test(
    arguments: [700, 5000, 32_740, 33_000, 40_000, 65_536, 70_000, 262_144, 262_200, 300_000, 1 << 20],
    ["v1-reference,window=1M", "v2-reference"])
  func makeAGoodFile(_ chunk: Int, of profile: String) throws {
    let folder = Folder()
    let source = try SimulatedSession("\(profile),size=2052K,dirty=0,chunk=\(chunk)")
    let writer = try StreamFileWriter(FileSink(path: folder.file("s")), identity: someIdentity)
    #expect(SaveOperation(source.session, to: WriteBehind(writer)).run().fault == nil)
    let summary = try writer.finish(finalState: nil)
    #expect(try StreamFile.verify(path: folder.file("s")) == summary)
  }
}

extension SimulatedSession {
  /// How often something was asked of the migration region, whose number `isAsked` is called with.
  fileprivate func count(_ isAsked: (Operation, UInt32) -> Bool) -> Int {
    guard let v1 = session.interface as? V1Interface else { return 0 }
    return session.journal.entries().count {
      if case .access(let access, _) = $0.entry { isAsked(access.operation, v1.region.index) } else { false }
    }
  }
}
