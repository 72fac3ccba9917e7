import Glibc
import TestSupport
import Testing

@testable import VFIO

/// What is asked of the kernel's data fd, on files and pipes that stand for it.
@Suite("A question to a data fd")
struct StreamQuestionTests {
  /// The end of a pipe that is read, with these bytes in it.
  private func pipeEnd(_ bytes: [UInt8] = [1, 2, 3]) throws -> (stream: KernelStream, other: KernelStream) {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = write(ends[1], bytes, bytes.count)
    return (KernelStream(FileDescriptor(owning: ends[0])), KernelStream(FileDescriptor(owning: ends[1])))
  }

  private func file(_ flags: Int32) throws -> KernelStream {
    let number = open("/proc/self/exe", O_RDONLY | flags)
    try #require(number >= 0)
    return KernelStream(FileDescriptor(owning: number))
  }

  private func errno(_ stream: any DataStream, _ question: StreamQuestion) -> Errno? {
    (#expect(throws: DeviceError.self) { _ = try stream.ask(question) })?.errno
  }

  @Test("tells whether it is closed when a program is started")
  func descriptorFlags() throws {
    #expect(try file(O_CLOEXEC).ask(.descriptorFlags).number & 1 == 1)
    // No test starts a program that could inherit it for more than this moment.
    #expect(try file(0).ask(.descriptorFlags).number & 1 == 0)
  }

  @Test("tells a stream from what has positions")
  func positions() throws {
    let (stream, _) = try pipeEnd()
    #expect(errno(stream, .seek) == .ESPIPE)
    #expect(errno(stream, .positionedRead(offset: 0, count: 4)) == .ESPIPE)
    let file = try file(O_CLOEXEC)
    #expect(try file.ask(.seek).number == 0)
    #expect(try file.ask(.positionedRead(offset: 1, count: 3)).bytes == Array("ELF".utf8))
  }

  @Test("tells whether there is something to be read")
  func readiness() throws {
    let (full, _) = try pipeEnd()
    #expect(try full.ask(.readiness).number & Int(POLLIN) != 0)
    let (empty, writer) = try pipeEnd([])
    #expect(try empty.ask(.readiness).number == 0)
    writer.close()
  }

  @Test(
    "is refused by what is no data fd",
    arguments: [StreamQuestion.foreignControl, .precopyInfo(argsz: 16, flags: 0)])
  func controls(question: StreamQuestion) throws {
    #expect(errno(try pipeEnd().stream, question) == .ENOTTY)
  }

  @Test("is answered as a closed one's when it is closed, and not at all where there is no descriptor")
  func none() throws {
    let (stream, _) = try pipeEnd()
    stream.close()
    #expect(errno(stream, .descriptorFlags) == .EBADF)
    #expect(errno(FakeDevice.v2().stream(taking: 1), .descriptorFlags) == .ENOTTY)
  }

  @Test("is recorded, and so is the first closing alone")
  func recorded() throws {
    let recording = Recording()
    let stream = RecordingDevice(FakeDevice.v2(), recorder: recording).stream(taking: 1)
    #expect(errno(stream, .seek) == .ENOTTY)
    stream.close()
    stream.close()
    #expect(recording.accesses.map(\.operation) == [.streamQuestion(.seek), .streamClose])
  }
}
