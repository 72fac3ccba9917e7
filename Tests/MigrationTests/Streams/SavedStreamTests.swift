import Simulator
import Testing
import VFIO

@testable import Migration

/// Streams that simulated devices really gave.
@Suite struct SavedStreamTests {
  private let folder = Folder()

  @Test func aStreamOfProtocolV2HasAHeaderThePagesAndATrailer() throws {
    let capture = try savedByV2("v2-reference,size=256K", as: "s")
    #expect(capture.fault == nil)
    #expect(try StreamFormat.guess(capture)?.name == "simulator")
    let records = try records(capture)
    #expect(records.first?.name == "header")
    #expect(records.first?.fields.first { $0.name == "memory_size" }?.value == .number(256 << 10))
    #expect(records.dropFirst().dropLast().allSatisfy { $0.name == "pages" && $0.note == nil })
    #expect(records.filter { $0.name == "pages" }.reduce(0) { $0 + $1.dataLength } == 256 << 10)
    #expect(records.last?.name == "trailer")
    #expect(records.last?.fields.first { $0.name == "records" }?.value == .number(UInt64(records.count - 2)))
    #expect(records.reduce(0) { $0 + $1.length } == capture.count)
  }

  @Test func theSameStoppedDeviceGivesTheSameStreamTwice() throws {
    let device = try SimulatedDevice.open("v2-reference,size=64K,state=stop")
    let first = try save(device, as: "a")
    try device.set(.stop)
    let second = try save(device, as: "b")
    #expect(try StreamDifference(first, second).isEqual)
  }

  @Test func twoDevicesDifferInTheirPages() throws {
    let one = try savedByV2("v2-reference,size=64K,seed=1", as: "a")
    let other = try savedByV2("v2-reference,size=64K,seed=2", as: "b")
    let differences = try RecordDifferences(one, other, format: .simulator)
    #expect(differences.changes.first?.what.first?.hasPrefix("seed ") == true)
    #expect(Set(differences.changes.map(\.name)) == ["header", "pages", "trailer"])
  }

  @Test func theChunksOfProtocolV1AreKeptAsTheDeviceGaveThem() throws {
    let device = try SimulatedDevice.open("v1-reference,size=256K,state=stop-copy")
    let region = try #require(try device.regions().first(where: \.isMigration))
    let sink = try FileSink(path: folder.file("s"))
    let writer = try StreamFileWriter(
      sink, identity: StreamIdentity(protocol: .v1, device: "sim:v1-reference", way: "simulator"))
    try writer.begin(phase: .v1(.stopCopy))
    var lengths: [Int] = []
    while try device.register(MigrationRegion.Register.pendingBytes, of: region) > 0 {
      let offset = try device.register(MigrationRegion.Register.dataOffset, of: region)
      let size = Int(try device.register(MigrationRegion.Register.dataSize, of: region))
      let chunk = try device.bytes(in: region, at: offset, count: size)
      try writer.chunk(chunk.span.bytes)
      lengths.append(size)
    }
    _ = try writer.finish(finalState: .v1(.stopCopy))
    let capture = try Capture(path: folder.file("s"))
    #expect(lengths.count > 1)
    #expect(try capture.chunks(from: 0, count: capture.chunkCount).map(\.count) == lengths)
    #expect(try records(capture).last?.name == "trailer")
  }

  private func savedByV2(_ address: String, as name: String) throws -> Capture {
    try save(SimulatedDevice.open(address), as: name)
  }

  private func save(_ device: SimulatedDevice, as name: String) throws -> Capture {
    let stream = device.stream(taking: try device.set(.stopCopy))
    let writer = try StreamFileWriter(
      FileSink(path: folder.file(name)),
      identity: StreamIdentity(protocol: .v2, device: "sim:v2-reference", way: "simulator"))
    try writer.begin(phase: .v2(.stopCopy))
    while case let chunk = try stream.read(20_000), !chunk.isEmpty { try writer.chunk(chunk.span.bytes) }
    stream.close()
    _ = try writer.finish(finalState: .v2(.stopCopy))
    return try Capture(path: folder.file(name))
  }

  private func records(_ capture: Capture) throws -> [StreamRecord] {
    var reader = RecordReader(capture, format: .simulator)
    var records: [StreamRecord] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }
}

extension SimulatedDevice {
  /// SETs a state of protocol v2.
  ///
  /// - Returns: the data fd that came with it.
  @discardableResult
  fileprivate func set(_ state: V2State) throws -> Int32 {
    var data = [UInt8](number: state.rawValue) + [UInt8](number: Int32(-1))
    try set(.migDeviceState, data: &data)
    return data.number(at: 4) ?? -1
  }

  fileprivate func register(_ offset: UInt64, of region: Region) throws -> UInt64 {
    try bytes(in: region, at: offset, count: 8).number(at: 0) ?? 0
  }

  fileprivate func regions() throws -> [Region] {
    let count = try info().regionCount
    return (0..<count).compactMap { try? region($0) }
  }
}

extension DataStream {
  fileprivate func read(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    let got = try read(into: &raw)
    return Array(bytes.prefix(got))
  }
}
