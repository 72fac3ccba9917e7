import Glibc
import TestSupport
import Testing

@testable import vfioscope

/// save and load through a pipe at whose other end nothing moves. Nobody reads what an `Invocation` prints until it is
/// asked for.
@Suite("A pipe that stands still")
struct StalledPipeTests {
  private static let device = "sim:v2-reference,size=64M"
  private static let other = "sim:v2-reference,size=64K,seed=2"
  private let folder: Tree

  init() throws {
    folder = try Tree()
  }

  private func save(_ more: [String] = []) throws -> Invocation {
    try Invocation(["save", Self.device, "-o", "-"] + more)
  }

  /// A pipe with a name, in which there is the start of a stream, and whose writer gives nothing more.
  private func begunPipe(raw: Bool) throws -> (path: String, number: Int32) {
    let (file, path) = ("\(folder.path)/stream", "\(folder.path)/pipe")
    let arguments = ["save", "sim:v2-reference,size=64K", "-o", file] + (raw ? ["--raw"] : [])
    try #require(try Invocation(arguments).finish().status == .exited(0))
    try #require(mkfifo(path, 0o600) == 0)
    let number = open(path, O_RDWR | O_CLOEXEC)
    let start = Array(try contents(of: file, limit: 1 << 20).prefix(2000))
    try #require(write(number, start, start.count) == start.count)
    return (path, number)
  }

  @Test("that nobody reads is shown, and lets go of the device at the first Ctrl-C", arguments: [SIGINT, SIGTERM])
  func interruptedSave(signal: Int32) throws {
    let invocation = try save()
    while try !invocation.errorLine().contains("waiting for standard output: 1 s") {}
    invocation.signal(signal)
    while try !invocation.errorLine().contains("stopping, and leaving the devices in a safe state") {}
    let run = try invocation.finish()
    #expect(run.status == .exited(1))
    #expect(run.errorLines.contains { $0.hasPrefix("not finished: interrupted, ") })
    #expect(run.errorLines.last == "device \(Self.device): now running")
  }

  @Test(
    "that nobody reads ends at its bounds",
    arguments: [
      ("--max-time", "no end after 0.5 seconds (--max-time)"),
      ("--timeout", "standard output took nothing for 0.5 seconds while the device was stopped (--timeout)"),
    ])
  func boundedSave(option: String, fault: String) throws {
    let invocation = try save([option, "0.5"])
    var lines: [String] = []
    while lines.last != "device \(Self.device): now running" { lines.append(try invocation.errorLine()) }
    #expect(lines.contains { $0.hasPrefix("not finished: \(fault), ") })
    #expect(try invocation.finish().status == .exited(1))
  }

  @Test("that gives nothing lets go of the device at the first Ctrl-C, and it is reset", arguments: [true, false])
  func interruptedLoad(raw: Bool) throws {
    let pipe = try begunPipe(raw: raw)
    defer { close(pipe.number) }
    let invocation = try Invocation(
      ["load", Self.other, "-i", pipe.path, "--yes"] + (raw ? ["--raw", "--chunk", "600"] : []))
    while try !invocation.errorLine().contains("waiting for \(pipe.path): 1 s") {}
    invocation.signal(SIGINT)
    let run = try invocation.finish()
    #expect(run.status == .exited(1))
    #expect(run.lines.contains { $0.hasPrefix("not finished: interrupted, ") })
    #expect(run.lines.last == "device \(Self.other): was reset, now running; what it held is lost")
  }

  @Test("that gives nothing ends at its bound")
  func boundedLoad() throws {
    let pipe = try begunPipe(raw: false)
    defer { close(pipe.number) }
    let run = try vfioscope("load", Self.other, "-i", pipe.path, "--yes", "--max-time", "0.5")
    #expect(run.status == .exited(1))
    #expect(run.lines.contains { $0.hasPrefix("not finished: no end after 0.5 seconds (--max-time), ") })
    #expect(run.lines.last == "device \(Self.other): was reset, now running; what it held is lost")
  }

  @Test("that nobody writes to ends at once: no device has been opened")
  func unopenedPipe() throws {
    let path = "\(folder.path)/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let invocation = try Invocation(["load", Self.device, "-i", path, "--yes", "--trace"])
    usleep(500_000)
    invocation.signal(SIGINT)
    let run = try invocation.finish()
    #expect(run.status == .killed(by: SIGINT))
    #expect(run.errors == "")
  }

  @Test("with a name gives a whole stream to a device")
  func namedPipe() throws {
    let path = "\(folder.path)/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    let load = try Invocation(["load", "\(Self.device),seed=2", "-i", path, "--yes", "--json"])
    let program = try builtProgram("vfioscope")
    let script = "exec \(program) save \(Self.device) -o - > \(path)"
    #expect(try Invocation(["-c", script], program: "/bin/sh").finish().status == .exited(0))
    #expect(try load.finish().status == .exited(0))
  }
}
