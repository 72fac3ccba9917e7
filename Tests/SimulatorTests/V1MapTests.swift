import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("The data window of protocol v1, mapped")
struct V1MapTests {
  /// A chunk's way out of the window, or into it.
  enum Way: CaseIterable {
    case messages, map
  }

  /// A device in STOP_COPY whose memory some pages of which differ from what its seed makes, and its mapped window.
  private func source(_ options: String = "chunk=10000", size: String = "256K") throws -> (
    V1Device, any MappedWindow
  ) {
    let v1 = try V1Device(options, size: size)
    try v1.device.put((0..<10000).map { UInt8(truncatingIfNeeded: $0) }, at: 777)
    try v1.set(.stopCopy)
    return (v1, try v1.mapped())
  }

  /// All chunks until pending_bytes is 0.
  private func save(_ v1: V1Device, _ window: any MappedWindow) throws -> [[UInt8]] {
    var chunks: [[UInt8]] = []
    while try v1.pendingBytes > 0 {
      _ = try v1.dataOffset
      chunks.append(try window.bytes(from: 0, count: Int(try v1.dataSize)))
    }
    return chunks
  }

  private func load(_ chunks: [[UInt8]], into v1: V1Device, _ window: any MappedWindow) throws {
    for chunk in chunks {
      _ = try v1.dataOffset
      try window.put(chunk, at: 0)
      try v1.device.setRegister(UInt64(chunk.count), in: v1.region, at: MigrationRegion.Register.dataSize)
    }
  }

  @Test("gives the same chunks as reads do", arguments: [1000, 4096, 65536, 1 << 20])
  func sameChunks(chunk: Int) throws {
    let (mapped, window) = try source("chunk=\(chunk)")
    let (read, _) = try source("chunk=\(chunk)")
    let chunks = try save(mapped, window)
    #expect(try chunks == read.drain())
    #expect(chunks.reduce(0) { $0 + $1.count } > 256 << 10)
  }

  @Test("takes what was saved either way, either way", arguments: Way.allCases, Way.allCases)
  func restore(saved: Way, loaded: Way) throws {
    let (source, window) = try source()
    let chunks = try saved == .map ? save(source, window) : source.drain()
    let target = try V1Device("seed=2,state=resuming")
    #expect(try target.device.memory() != source.device.memory())
    switch loaded {
    case .map: try load(chunks, into: target, target.mapped())
    case .messages: try target.load(chunks)
    }
    try target.set(.running)
    #expect(try target.device.memory() == source.device.memory())
  }

  @Test("of a long window takes this process's memory only while it is there, and messages take none")
  func longWindow() throws {
    // A size that no other memory of this process has.
    let size = 4204 << 10
    let (v1, whole) = try source("dirty=0,chunk=4204K,window=4204K", size: "6M")
    let (short, _) = try source("dirty=0", size: "6M")
    var saved: [UInt8] = []
    #expect(try v1.pendingBytes > 0)
    saved += try v1.chunk()
    #expect(residentMemory(of: size) == [0])
    let isShown = try whole.bytes(from: 0, count: size) == saved
    #expect(isShown)
    #expect(residentMemory(of: size) == [size])
    whole.unmap()
    #expect(residentMemory(of: size) == [0])
    while try v1.pendingBytes > 0 { saved += try v1.chunk() }
    let isTheSame = try saved == Array(short.drain().joined())
    #expect(isTheSame)
    let target = try V1Device("dirty=0,seed=2,state=resuming,window=4212K", size: "6M")
    try target.load([Array(saved[..<(4212 << 10)]), Array(saved[(4212 << 10)...])])
    #expect(residentMemory(of: 4212 << 10) == [0])
    try target.set(.running)
    let isLoaded = try target.device.memory() == v1.device.memory()
    #expect(isLoaded)
  }

  @Test("shows the same bytes as reads, whatever part is mapped", arguments: [(0, 1), (1, 7), (4095, 2), (999, 5001)])
  func parts(offset: Int, count: Int) throws {
    let (v1, _) = try source("chunk=6000")
    _ = try v1.dataOffset
    let part = try v1.device.map(v1.region, offset: 4096 + UInt64(offset), count: count)
    let read = try v1.read(at: 4096 + UInt64(offset), count)
    #expect(try part.bytes(from: 0, count: count) == read)
    #expect(try part.withBytes(in: 0..<count) { $0.array } == read)
  }

  @Test("mixes with messages: what one wrote the other reads")
  func mixed() throws {
    let v1 = try V1Device("state=resuming")
    let window = try v1.mapped()
    try v1.write([1, 2, 3], at: 4096 + 50)
    #expect(try window.bytes(from: 49, count: 5) == [0, 1, 2, 3, 0])
    try window.put([9], at: 51)
    #expect(try v1.read(at: 4096 + 49, 5) == [0, 1, 9, 3, 0])
  }

  @Test("can be mapped before a session, lasts over it, and begins each with zeroes")
  func lasting() throws {
    let v1 = try V1Device("chunk=1000")
    let window = try v1.mapped()
    #expect(window.count == 1 << 20)
    #expect(try window.bytes(from: 0, count: 1000) == [UInt8](repeating: 0, count: 1000))
    try v1.set(.stopCopy)
    #expect(try v1.chunk() == window.bytes(from: 0, count: 1000))
    try v1.set(.resuming)
    #expect(try window.bytes(from: 0, count: 1000) == [UInt8](repeating: 0, count: 1000))
  }

  @Test("is the only way when the address says so, and registers stay registers")
  func mapOnly() throws {
    let (source, window) = try source("map=only,chunk=10000")
    #expect(source.region.flags.contains([.read, .write, .map]))
    let chunks = try save(source, window)
    #expect(refusal { _ = try source.read(at: 4096, 8) } == .ENOTSUP)
    let target = try V1Device("map=only,seed=2,state=resuming")
    #expect(refusal { try target.write([1], at: 4096) } == .ENOTSUP)
    try load(chunks, into: target, target.mapped())
    try target.set(.running)
    #expect(try target.device.memory() == source.device.memory())
  }

  @Test("is refused when the address says so, and by protocol v2")
  func noMap() throws {
    let v1 = try V1Device("map=no")
    #expect(!v1.region.flags.contains(.map))
    #expect(refusal { _ = try v1.mapped() } == .ENOTSUP)
    let device = try V2Device().device
    #expect(refusal { _ = try device.map(device.region(0), offset: 0, count: 4096) } == .ENOTSUP)
  }

  @Test(
    "is all that can be mapped", arguments: [(0, 32), (4095, 1), (4095, 2), (4096, 0), (4096, 65537), (69632, 1)])
  func outside(offset: UInt64, count: Int) throws {
    let v1 = try V1Device("window=64K,chunk=4K")
    // What a caller believes of the region counts for nothing.
    let wrong = Region(index: 9, flags: [.read, .write, .map], size: .max, offset: 0)
    for region in [v1.region, wrong] {
      let error = #expect(throws: DeviceError.self) { try v1.device.map(region, offset: offset, count: count) }
      #expect(error?.errno == nil)
    }
    let elsewhere = Region(index: 0, flags: [.map], size: 4096, offset: 0)
    #expect(refusal { _ = try v1.device.map(elsewhere, offset: 0, count: 4096) } == .ENOTSUP)
    let nowhere = Region(index: 99, flags: [.map], size: 4096, offset: 0)
    #expect(refusal { _ = try v1.device.map(nowhere, offset: 0, count: 4096) } == .EINVAL)
  }

  @Test("fails like memory that is gone when the device is taken away, and when it is given back")
  func gone() throws {
    let (v1, window) = try source()
    let (other, given) = try source()
    v1.device.release()
    #expect(refusal { _ = try window.bytes(from: 0, count: 1) } == .EIO)
    #expect(refusal { try window.put([1], at: 0) } == .EIO)
    #expect(refusal { try window.withBytes(in: 0..<1) { _ in } } == .EIO)
    #expect(refusal { _ = try v1.mapped() } == .ENODEV)
    given.unmap()
    #expect(throws: DeviceError.self) { try given.bytes(from: 0, count: 1) }
    #expect(try other.drain().count > 1)
  }
}

extension V1Device {
  /// All of the data window.
  fileprivate func mapped() throws -> any MappedWindow {
    try device.map(region, offset: 4096, count: Int(region.size) - 4096)
  }
}
