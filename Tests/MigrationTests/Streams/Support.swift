import Glibc
import VFIO

@testable import Migration

/// Keeps what is written to it.
final class MemorySink: ByteSink {
  private(set) var bytes: [UInt8] = []
  private(set) var isFinished = false
  private(set) var isAbandoned = false

  func write(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { self.bytes += $0 }
  }

  func finish() { isFinished = true }

  func abandon() { isAbandoned = true }
}

extension ChunkSource {
  /// The next chunk, whole.
  func nextChunk(into buffer: inout [UInt8]) throws(StreamFault) -> [UInt8]? {
    guard var part = try nextPart(into: &buffer) else { return nil }
    var chunk = Array(buffer[part.place])
    while part.left > 0, let next = try nextPart(into: &buffer) {
      chunk += buffer[next.place]
      part = next
    }
    return chunk
  }
}

/// A folder that goes away with its contents.
final class Folder {
  let path: String

  init() {
    var template = Array("/tmp/vfioscope-tests-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
    }
  }

  deinit {
    names.forEach { unlink(file($0)) }
    rmdir(path)
  }

  /// What is in it.
  var names: [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a file with these bytes.
  func file(_ name: String, holding bytes: [UInt8]) throws -> String {
    let path = file(name)
    let descriptor = try StreamDescriptor(opening: path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    try descriptor.write(bytes.span.bytes, RawSpan())
    return path
  }

  /// A file's bytes.
  func contents(_ name: String) throws -> [UInt8] {
    let descriptor = try StreamDescriptor(opening: file(name), O_RDONLY)
    var bytes = [UInt8](repeating: 0, count: Int(try descriptor.status().st_size))
    _ = try bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }
    return bytes
  }
}

/// Random numbers that are the same in every run.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (state >> 33) ^ (state << 21) ^ state
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }
}

extension SeededNumbers {
  /// Chunks that are often short, sometimes fill a batch, and sometimes are as long as all that may be on its way.
  mutating func chunks() -> [[UInt8]] {
    let limits = [300, 20_000, ChunkBatch.size + 2]
    let lengths = (0..<300).map { _ in
      Int.random(in: 1...limits[Int.random(in: 0..<3, using: &self)], using: &self)
    }
    return (lengths + [Backlog.limit, 3, Backlog.limit + 1, 5, 3 * Backlog.limit, 1]).map { length in
      [UInt8](repeating: UInt8.random(in: 0...255, using: &self), count: length)
    }
  }
}

let someIdentity = StreamIdentity(
  protocol: .v2, device: "0000:3b:00.2", flags: ["stop-copy", "pre-copy"], way: "cdev")

/// A stream file's bytes.
func streamFile(
  _ phases: [(State, [[UInt8]])], identity: StreamIdentity = someIdentity, checksums: Checksums = .sha256,
  finalState: State? = .v2(.stop), part: Int? = nil
) throws -> [UInt8] {
  let sink = MemorySink()
  let writer = try StreamFileWriter(sink, identity: identity, checksums: checksums)
  for (state, chunks) in phases {
    try writer.begin(phase: state)
    for chunk in chunks {
      let parts = part.map { part in
        stride(from: 0, to: chunk.count, by: part).map { $0..<min($0 + part, chunk.count) }
      }
      for place in parts ?? [chunk.indices] {
        try writer.chunk(chunk.span.bytes.extracting(place), left: chunk.count - place.upperBound)
      }
    }
  }
  _ = try writer.finish(finalState: finalState)
  return sink.bytes
}

/// A short stream with two phases, whose longest chunk was written in two parts.
func smallStreamFile(checksums: Checksums = .sha256) throws -> [UInt8] {
  try streamFile(
    [(.v2(.preCopy), [[1, 2, 3], [4]]), (.v2(.stopCopy), [[5, 6, 7, 8, 9, 10, 11]])], checksums: checksums, part: 4)
}

extension StreamFrame {
  /// The head as it lies in the file.
  var headBytes: [UInt8] { head.span.bytes.withUnsafeBytes { Array($0) } }
}

/// A frame with good checksums.
func frame(_ type: UInt32, _ payload: [UInt8]) -> [UInt8] {
  var bytes: [UInt8] = []
  for number in [type, UInt32(payload.count), CRC32C(payload.span.bytes).value] { bytes.append(little: number) }
  bytes.append(little: CRC32C(bytes.span.bytes).value)
  return bytes + payload
}
