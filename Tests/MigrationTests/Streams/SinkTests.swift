import Dispatch
import Glibc
import Synchronization
import Testing
import VFIO

@testable import Migration

/// Where streams are written to, and what happens when that fails.
@Suite struct SinkTests {
  private let folder = Folder()

  @Test func aFileHasItsNameOnlyWhenItIsWhole() throws {
    let sink = try FileSink(path: folder.file("s"))
    try sink.write(([1, 2] as [UInt8]).span.bytes)
    #expect(folder.names == ["s.part"])
    try sink.write(([3] as [UInt8]).span.bytes, ([4, 5] as [UInt8]).span.bytes)
    try sink.finish()
    #expect(folder.names == ["s"])
    #expect(try folder.contents("s") == [1, 2, 3, 4, 5])
  }

  @Test func shortWritesAreGatheredAndStayInTheirOrder() throws {
    let sink = try FileSink(path: folder.file("s"))
    let long = [UInt8](repeating: 7, count: 100_000)
    try sink.write(([1, 2] as [UInt8]).span.bytes)
    #expect(try folder.contents("s.part") == [])
    try sink.flush()
    #expect(try folder.contents("s.part") == [1, 2])
    try sink.write(([3] as [UInt8]).span.bytes, ([4] as [UInt8]).span.bytes)
    try sink.write(([5] as [UInt8]).span.bytes, long.span.bytes)
    var wanted: [UInt8] = [1, 2, 3, 4, 5] + long
    let isAllThere = try folder.contents("s.part") == wanted
    #expect(isAllThere)
    for number in 0..<10_000 {
      let bytes = [UInt8](number: number)
      wanted += bytes
      try sink.write(bytes.span.bytes)
    }
    try sink.finish()
    let isTheSame = try folder.contents("s") == wanted
    #expect(isTheSame)
  }

  /// A device's memory would be readable by them.
  @Test(arguments: ["mode", "link", "none"]) func aPartThatOthersCanUseIsNotWrittenTo(how: String) throws {
    let part = try folder.file("s.part", holding: [1, 2, 3])
    chmod(part, how == "mode" ? 0o604 : 0o600)
    if how == "link" { #expect(link(part, folder.file("other")) == 0) }
    guard how != "none" else {
      _ = try FileSink(path: folder.file("s"), replacing: true)
      return
    }
    let fault = #expect(throws: StreamFault.self) { try FileSink(path: folder.file("s"), replacing: true) }
    #expect(fault?.kind == .refused)
    #expect(try folder.contents("s.part") == [1, 2, 3])
  }

  @Test func writesOfAnyLengthStayInTheirOrder() throws {
    let lengths = [1, 4, 16, 20_000, 32_768, 32_769, 40_000, 65_535, 65_536, 65_537]
    let sink = try FileSink(path: folder.file("s"))
    var wanted: [UInt8] = []
    for (first, second) in lengths.flatMap({ first in lengths.map { (first, $0) } }) {
      for length in [first, second] {
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: wanted.count / 7), count: length)
        wanted += bytes
        try sink.write(
          bytes.span.bytes.extracting(first: length / 2), bytes.span.bytes.extracting(droppingFirst: length / 2))
      }
    }
    try sink.finish()
    let isTheSame = try folder.contents("s") == wanted
    #expect(isTheSame)
  }

  @Test func aDiskThatIsTooFullForWhatWasGatheredIsAFaultAtTheEnd() throws {
    let sink = try FileSink(path: folder.file("s"), replacing: false) { part throws(StreamFault) in
      _ = try StreamDescriptor(opening: part, O_WRONLY | O_CREAT, mode: 0o600)
      return try StreamDescriptor(opening: "/dev/full", O_WRONLY)
    }
    try sink.write(([1] as [UInt8]).span.bytes)
    let fault = try #require(throws: StreamFault.self) { try sink.finish() }
    #expect(fault.errno?.name == "ENOSPC")
    #expect(folder.names == [])
  }

  @Test func anAbandonedFileLeavesNothing() throws {
    let sink = try FileSink(path: folder.file("s"))
    try sink.write(([1] as [UInt8]).span.bytes)
    sink.abandon()
    #expect(folder.names == [])
    try sink.finish()
    #expect(folder.names == [])
  }

  @Test func aFileThatIsForgottenLeavesNothing() throws {
    do {
      let sink = try FileSink(path: folder.file("s"))
      try sink.write(([1] as [UInt8]).span.bytes)
    }
    #expect(folder.names == [])
  }

  @Test func aFileThatIsThereIsKeptUnlessItMayBeReplaced() throws {
    let path = try folder.file("s", holding: [9])
    let fault = try #require(throws: StreamFault.self) { try FileSink(path: path) }
    #expect(fault.kind == .taken)
    #expect(fault.description == "\(path): is there already")
    let sink = try FileSink(path: path, replacing: true)
    try sink.write(([1] as [UInt8]).span.bytes)
    #expect(try folder.contents("s") == [9])
    try sink.finish()
    #expect(try folder.contents("s") == [1])
    #expect(folder.names == ["s"])
  }

  @Test func aFileThatSomebodyElseMadeMeanwhileIsKept() throws {
    let sink = try FileSink(path: folder.file("s"))
    _ = try folder.file("s", holding: [9])
    #expect(throws: StreamFault.self) { try sink.finish() }
    #expect(try folder.contents("s") == [9])
    #expect(folder.names == ["s"])
  }

  @Test func twoSavesToOneNameDoNotMix() throws {
    let first = try FileSink(path: folder.file("s"))
    let fault = try #require(throws: StreamFault.self) { try FileSink(path: folder.file("s")) }
    #expect(fault.kind == .refused)
    #expect(fault.path == folder.file("s.part"))
    // The second has nothing to remove: the first goes on.
    try first.finish()
    #expect(folder.names == ["s"])
  }

  @Test func onlyAPlainFileIsReplaced() throws {
    symlink("/dev/null", folder.file("null"))
    let fault = try #require(throws: StreamFault.self) { try FileSink(path: folder.file("null"), replacing: true) }
    #expect(fault.reason.hasPrefix("is there and is not a plain file"))
  }

  @Test func aFolderThatIsNotThereSaysSo() throws {
    let fault = try #require(throws: StreamFault.self) { try FileSink(path: folder.file("no/s")) }
    #expect(fault.errno == .ENOENT)
  }

  @Test func aFullDiskIsAFaultAndLeavesNothing() throws {
    // A file in the place of the .part, whose bytes go to a device that is always full.
    let sink = try FileSink(path: folder.file("s"), replacing: false) { part throws(StreamFault) in
      _ = try StreamDescriptor(opening: part, O_WRONLY | O_CREAT, mode: 0o600)
      return try StreamDescriptor(opening: "/dev/full", O_WRONLY)
    }
    #expect(folder.names == ["s.part"])
    let fault = try #require(throws: StreamFault.self) {
      try StreamFileWriter(sink, identity: someIdentity)
    }
    #expect(fault.errno?.name == "ENOSPC")
    #expect(folder.names == [])
  }

  @Test(arguments: [1, 1 << 20])
  func aWriteThatFailsIsAFaultWhateverTheChunksLength(_ length: Int) throws {
    let full = try StreamDescriptor(opening: "/dev/full", O_WRONLY)
    let writer = RawStreamWriter(DescriptorSink(full.number, name: "full"))
    let chunk = [UInt8](repeating: 1, count: length)
    let fault = try #require(throws: StreamFault.self) { try writer.chunk(chunk.span.bytes) }
    #expect(fault.errno?.name == "ENOSPC")
  }

  @Test func aReaderThatHasGoneIsAFaultAndNotASignal() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    defer { close(ends[1]) }
    let sink = DescriptorSink(ends[1], name: "the pipe")
    for _ in 0..<2 {
      let fault = try #require(throws: StreamFault.self) { try sink.write(([1] as [UInt8]).span.bytes) }
      #expect(fault.description == "the pipe: at byte 0: write: EPIPE (Broken pipe)")
    }
  }

  @Test func aSlowNonBlockingPipeGetsEverything() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    #expect(fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0)
    let chunk = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
    let reader = Reader(ends[0], count: chunk.count + 3)
    try DescriptorSink(ends[1]).write(([1, 2, 3] as [UInt8]).span.bytes, chunk.span.bytes)
    let arrived = reader.bytes == [1, 2, 3] + chunk
    #expect(arrived)
    ends.forEach { close($0) }
  }

  @Test func whatAnotherSaveIsWritingIsLeftToIt() throws {
    let path = folder.file("s")
    let first = try FileSink(path: path)
    try first.write(([1] as [UInt8]).span.bytes)
    let fault = #expect(throws: StreamFault.self) { try FileSink(path: path, replacing: true) }
    #expect(fault?.reason == "is there: it is being written by another save")
    // One that somebody has locked between our making and our locking it.
    let made = folder.file("other.part")
    let other = open(made, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(other) }
    #expect(flock(other, LOCK_EX) == 0)
    #expect(throws: StreamFault.self) {
      try FileSink(path: folder.file("other"), replacing: false) { (part) throws(StreamFault) in
        try StreamDescriptor(opening: part, O_WRONLY)
      }
    }
    #expect(access(made, F_OK) == 0)
    try first.finish()
    #expect(try folder.contents("s") == [1])
  }
}

/// Reads so many bytes from a descriptor while the test goes on.
private final class Reader: Sendable {
  private let done = DispatchSemaphore(value: 0)
  private let result = Mutex<[UInt8]>([])

  init(_ number: Int32, count: Int) {
    DispatchQueue.global().async {
      var bytes = [UInt8](repeating: 0, count: count)
      let descriptor = StreamDescriptor(borrowing: number, name: "the pipe")
      _ = bytes.withUnsafeMutableBytes { try? descriptor.read(into: $0) }
      self.result.withLock { $0 = bytes }
      self.done.signal()
    }
  }

  /// All of them, once they are there.
  var bytes: [UInt8] {
    done.wait()
    return result.withLock { $0 }
  }
}
