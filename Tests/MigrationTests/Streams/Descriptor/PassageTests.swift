import Dispatch
import Glibc
import Testing

@testable import Migration

/// Writing to a descriptor that others have too, without a call that blocks.
@Suite struct PassageTests {
  private let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }

  /// The ways to write to this, of which the program takes the first.
  private static func passages(_ kind: Channel.Kind) -> [Passage?] { kind == .pipe ? [nil, .little] : [nil] }

  @Test(arguments: Channel.Kind.allCases)
  func aSlowReaderGetsEverything(_ kind: Channel.Kind) throws {
    for passage in Self.passages(kind) {
      let (channel, bytes) = (try Channel(kind), bytes)
      DispatchQueue(label: "writer").async {
        let descriptor = StreamDescriptor(borrowing: channel.writing, name: "it", by: passage)
        try? descriptor.write(([1, 2, 3] as [UInt8]).span.bytes, bytes.span.bytes)
      }
      let arrived = try inTime {
        usleep(50_000)
        let descriptor = StreamDescriptor(borrowing: channel.reading, name: "it")
        var all = [UInt8](repeating: 0, count: bytes.count + 3)
        _ = try all.withUnsafeMutableBytes { try descriptor.read(into: $0) }
        return all
      }
      let isTheSame = arrived == [1, 2, 3] + bytes
      #expect(isTheSame)
    }
  }

  @Test(arguments: Channel.Kind.allCases)
  func theDescriptorKeepsItsFlags(_ kind: Channel.Kind) throws {
    let channel = try Channel(kind)
    let before = fcntl(channel.writing, F_GETFL)
    try StreamDescriptor(borrowing: channel.writing, name: "it").write(bytes.span.bytes.extracting(0..<9), .init())
    #expect(fcntl(channel.writing, F_GETFL) == before)
    #expect(before & O_NONBLOCK == 0)
  }

  @Test(arguments: Channel.Kind.allCases)
  func aWaitIsEndedByWhoeverIsAsked(_ kind: Channel.Kind) throws {
    for passage in Self.passages(kind) {
      let channel = try Channel(kind)
      channel.fill()
      let fault = try inTime {
        let descriptor = StreamDescriptor(borrowing: channel.writing, name: "it", by: passage)
        descriptor.wait?.ask { $0.time > .milliseconds(150) && $0.isWriting && $0.name == "it" ? "enough" : nil }
        return #expect(throws: StreamFault.self) { try descriptor.write(([1] as [UInt8]).span.bytes, .init()) }
      }
      #expect(fault?.kind == .givenUp)
      #expect(fault?.description == "it: at byte 0: enough")
    }
  }

  @Test(arguments: Channel.Kind.allCases)
  func soIsAReadersWait(_ kind: Channel.Kind) throws {
    let channel = try Channel(kind)
    let fault = try inTime {
      let descriptor = StreamDescriptor(borrowing: channel.reading, name: "it")
      descriptor.wait?.ask { $0.time > .milliseconds(150) && !$0.isWriting ? "enough" : nil }
      return #expect(throws: StreamFault.self) { try descriptor.bytes(count: 1) }
    }
    #expect(fault?.description == "it: at byte 0: enough")
  }

  @Test func aFileIsNotWaitedFor() throws {
    let folder = Folder()
    let path = try folder.file("s", holding: [1])
    #expect(try StreamDescriptor(opening: path, O_RDONLY).wait == nil)
  }
}

extension StreamDescriptor {
  fileprivate func bytes(count: Int) throws(StreamFault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var fault: StreamFault?
    bytes.withUnsafeMutableBytes { bytes in
      do throws(StreamFault) { _ = try read(into: bytes) } catch { fault = error }
    }
    if let fault { throw fault }
    return bytes
  }
}
