import Glibc
import TestSupport
import Testing

/// What `proxy` and `serve` write down, and `trace` shows.
@Suite("A conversation that is written down")
struct RecordTests {
  private static let devices = ["sim:v1-reference,size=512K", "sim:v2-reference,size=512K"]

  @Test("is shown again as it was shown live", arguments: devices, [[], ["--json"]])
  func again(device: String, format: [String]) throws {
    let served = try Served(device, "--keep")
    let record = served.beside("record")
    let proxied = try Proxied(served, ["--keep", "--record", record] + format)
    #expect(try vfioscope("save", proxied.name, "-o", served.beside("a"), "--json").status == .exited(0))
    #expect(try vfioscope("show", proxied.name).status == .exited(0))
    let left = "vfioscope: the client has left"
    #expect(try [proxied.proxy.errorLine(), proxied.proxy.errorLine()] == [left, left])
    proxied.proxy.signal(SIGTERM)
    let live = try proxied.proxy.finish()
    #expect(live.status == .exited(0))
    let again = try Invocation(["trace", record] + format).finish()
    #expect(again.status == .exited(0), "\(again.errors)")
    #expect(again.lines == live.lines)
    #expect(again.lines.count > 20)
    #expect(Array(again.errorLines.dropFirst()) == [left, left])
    let begun = try #require(again.errorLines.first)
    #expect(begun.hasPrefix("vfioscope: proxy at \(proxied.path), for \(served.path), begun 20"))
    // It holds what the device's memory held.
    let data = try Array(contents(of: served.beside("a")).suffix(4096).prefix(512))
    #expect(try contents(of: record).count > 512 << 10)
    #expect(try contains(contents(of: record), data))
  }

  @Test("can be what a server said and heard")
  func serve() throws {
    let served = try Served("sim:v2-reference", "--trace", "--record", "/dev/null/no", expectingStart: false)
    let failed = try served.server.finish()
    #expect(failed.status == .exited(3))
    #expect(failed.errorLines == ["vfioscope: /dev/null/no: open: ENOTDIR (Not a directory)"])
    #expect(!served.exists)
    let tree = try Tree()
    let record = "\(tree.path)/record"
    let good = try Served("sim:v2-reference", "--trace", "--record", record, "--record-limit", "8")
    #expect(try vfioscope("show", good.name).status == .exited(0))
    let live = try good.server.finish()
    let again = try vfioscope("trace", record)
    #expect(again.status == .exited(0))
    #expect(again.lines.count == live.errorLines.count - 1)
    #expect(again.errorLines.first?.hasSuffix(" UTC, 8 bytes of each payload") == true)
    #expect(again.errorLines.last == live.errorLines.last)
    #expect(try contents(of: record).count < 8192)
  }

  @Test("can be read while it is written, and after a cut")
  func cut() throws {
    let served = try Served("sim:v2-reference", "--keep")
    let record = served.beside("record")
    let proxied = try Proxied(served, ["--keep", "--record", record])
    #expect(try vfioscope("show", proxied.name).status == .exited(0))
    // The line about the client's end comes after the record of it.
    #expect(try proxied.proxy.errorLine() == "vfioscope: the client has left")
    let meanwhile = try vfioscope("trace", record)
    #expect(meanwhile.status == .exited(0))
    let count = meanwhile.lines.count
    #expect(meanwhile.errorLines.last?.hasSuffix("not finished: \(count) messages so far, and no trailer") == true)
    proxied.proxy.signal(SIGKILL)
    let live = try proxied.proxy.finish()
    #expect(meanwhile.lines == live.lines)
    try #require(truncate(record, off_t(try contents(of: record).count - 60)) == 0)
    let cut = try vfioscope("trace", record)
    #expect(cut.status == .exited(1))
    #expect(cut.lines == Array(live.lines.dropLast()))
    let last = try #require(cut.errorLines.last)
    #expect(last.hasPrefix("vfioscope: \(record): at byte ") && last.contains(": the last record is cut: "), "\(last)")
  }

  @Test("does not end a conversation when the disk is full")
  func diskFull() throws {
    let served = try Served("sim:v2-reference,size=512K", "--keep")
    let (path, record) = (served.beside("proxy"), served.beside("record"))
    // No file of this process may be longer than 8 blocks of 1 KiB; the signal for that is ignored.
    let script = """
      trap '' XFSZ; ulimit -f 8; exec '\(try builtProgram("vfioscope"))' proxy \(path) \(served.path) --record \(record)
      """
    let proxy = try Invocation(["-c", script], program: "/bin/bash")
    #expect(try proxy.errorLine().hasPrefix("vfioscope: listening"))
    let direct = try vfioscope("save", served.name, "-o", served.beside("a"), "--json")
    let saved = try vfioscope("save", "vfio-user:\(path)", "-o", served.beside("b"), "--json")
    #expect(saved.status == .exited(0), "\(saved.errors)")
    #expect(try ParsedJSON(saved.output)["sha256"] == (try ParsedJSON(direct.output))["sha256"])
    let live = try proxy.finish()
    #expect(live.status == .exited(0))
    #expect(live.errorLines.count == 2, "\(live.errors)")
    let line = try #require(live.errorLines.first)
    #expect(line.hasPrefix("vfioscope: \(record): at byte "))
    #expect(line.hasSuffix("write: EFBIG (File too large); the record ends there, the conversation goes on"))
    let again = try vfioscope("trace", record)
    #expect(again.status == .exited(0))
    #expect(again.lines.count > 20)
    #expect(again.lines == Array(live.lines.prefix(again.lines.count)))
    #expect(again.errorLines.last?.contains("not finished: \(again.lines.count) messages so far") == true)
  }

  @Test("is not made where a file is, nor when there is no conversation")
  func places() throws {
    let served = try Served("sim:v2-reference", "--keep")
    let record = served.beside("record")
    let busy = try vfioscope("proxy", served.path, served.path, "--record", record)
    #expect(busy.status == .exited(3))
    #expect(access(record, F_OK) != 0)
    let there = try vfioscope("proxy", served.beside("p"), served.path, "--record", served.path)
    #expect(there.status == .exited(3))
    #expect(there.errorLines == ["vfioscope: \(served.path): is there already"])
    #expect(try vfioscope("proxy", "a", "b", "--record-limit", "4").status == .exited(2))
  }

  @Test("says what is wrong with a file, and never acts on its text")
  func badFiles() throws {
    let tree = try Tree()
    try tree.write("text", "\u{1B}[2Jhello, this is not a record\n")
    let foreign = try vfioscope("trace", "\(tree.path)/text")
    #expect(foreign.status == .exited(1))
    #expect(foreign.errorLines == ["vfioscope: \(tree.path)/text: at byte 0: is not a record of a conversation"])
    #expect(try vfioscope("trace", "\(tree.path)/none").status == .exited(3))
    let served = try Served("sim:v2-reference")
    let record = "\(tree.path)/record"
    let proxy = try Invocation(["proxy", "\(tree.path)/\u{1B}[2Jx", served.path, "--record", record])
    #expect(try proxy.errorLine().contains("listening"))
    #expect(try vfioscope("show", "vfio-user:\(tree.path)/\u{1B}[2Jx").status == .exited(0))
    _ = try proxy.finish()
    let shown = try vfioscope("trace", record)
    #expect(shown.status == .exited(0))
    #expect(!shown.errors.contains("\u{1B}") && !shown.output.contains("\u{1B}"))
  }

  // MARK: bytes

  private func contents(of path: String) throws -> [UInt8] {
    let number = open(path, O_RDONLY | O_CLOEXEC)
    try #require(number >= 0)
    defer { close(number) }
    var bytes = [UInt8](repeating: 0, count: 4 << 20)
    bytes.removeLast(bytes.count - max(0, read(number, &bytes, bytes.count)))
    return bytes
  }

  private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    bytes.indices.contains { bytes[$0] == part[0] && bytes[$0...].starts(with: part) }
  }
}
