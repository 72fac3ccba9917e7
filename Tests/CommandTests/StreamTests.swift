import Migration
import TestSupport
import Testing

@testable import vfioscope

@Suite("stream")
struct StreamTests {
  private let files: StreamFiles

  init() throws { files = try StreamFiles() }

  // MARK: info

  @Test("info shows where a stream comes from, what is in it and that it is good")
  func info() throws {
    let file = try files.streamFile("s")
    let run = try vfioscope("stream", "info", file)
    #expect(run.status == .exited(0))
    #expect(run.errors.isEmpty)
    let lines = [
      "file         \(file)",
      "device       0000:3b:00.2",
      "protocol     v2 (stop-copy, pre-copy), by cdev",
      "data         60 bytes in 2 chunks, the longest of 36 bytes",
      "  pre-copy   24 bytes in 1 chunk, from ",
      "  stop-copy  36 bytes in 1 chunk, from ",
      "left in      stop",
      "SHA-256      ",
      "format       mtty: the kernel's mtty sample device; told by its magic number",
      "verdict      good: all there, and every checksum fits",
    ]
    #expect(run.lines.count == lines.count)
    for (line, start) in zip(run.lines, lines) { #expect(line.hasPrefix(start)) }
  }

  @Test("info --json has the same")
  func infoJSON() throws {
    let run = try vfioscope("stream", "info", "--json", try files.streamFile("s"))
    #expect(run.lines.count == 1)
    let report = try ParsedJSON(run.output)
    #expect(report["schema"] == "vfioscope.stream-info/1")
    #expect(report["container"] == "stream-file")
    #expect(report["flags"] == ["stop-copy", "pre-copy"])
    #expect(report["bytes"] == 60)
    #expect(report["largest_chunk_bytes"] == 36)
    #expect(
      report["phases"]?.elements.map { $0.without("start_us") } == [
        ["state": "pre-copy", "bytes": 24, "chunks": 1], ["state": "stop-copy", "bytes": 36, "chunks": 1],
      ])
    #expect(report["sha256"]?.text?.count == 64)
    #expect(report["verdict"] == "good")
    #expect(report["fault"] == ParsedJSON.null)
    #expect(report["format"] == "mtty")
  }

  @Test("the SHA-256 of plain bytes is that of the stream file with the same data")
  func sameSHA256() throws {
    let run = try vfioscope(
      "stream", "info", "--json", files.streamFile("s"), files.plainFile("p", StreamFiles.mtty()))
    let reports = try run.lines.map { try ParsedJSON($0) }
    #expect(reports.count == 2)
    #expect(reports[0]["sha256"] == reports[1]["sha256"])
    #expect(reports[1]["container"] == "plain-bytes")
    #expect(reports[1]["verdict"] == "unchecked")
  }

  @Test("a stream that is still being written is shown as far as it is there, and is not whole")
  func unfinished() throws {
    let writer = try files.begin("s")
    let run = try vfioscope("stream", "info", files.path("s.part"))
    #expect(run.status == .exited(1))
    let verdict = try #require(run.lines.last)
    #expect(verdict.hasPrefix("verdict      ends at byte "))
    #expect(verdict.hasSuffix(" of the file, not finished: 60 bytes in 2 chunks so far, and no trailer"))
    let hex = try vfioscope("stream", "hex", files.path("s.part"), "--length", "1")
    #expect(hex.status == .exited(1))
    #expect(hex.lines.count == 2)
    #expect(hex.errorLines.count == 1)
    let records = try vfioscope("stream", "records", files.path("s.part"))
    #expect(records.status == .exited(1))
    #expect(records.lines.count > 3)
    let difference = try vfioscope("stream", "diff", files.path("s.part"), files.streamFile("whole"))
    #expect(difference.status == .exited(1))
    #expect(difference.lines.last == "The data are equal.")
    #expect(difference.errorLines.count == 1)
    let files = try ParsedJSON(vfioscope("stream", "diff", "--json", files.path("s.part"), files.path("whole")).output)
    #expect(files["files"]?.elements.map { $0["fault"] == .null } == [false, true])
    #expect(files["files"]?.elements.first?["fault_file_offset"] != .null)
    let cut = try ParsedJSON(vfioscope("stream", "records", "--json", self.files.path("s.part")).output)
    #expect(cut["fault"] == files["files"]?.elements.first?["fault"])
    writer.abandon()
  }

  @Test("one that was altered is shown up to there, and ends with 1")
  func altered() throws {
    let file = try files.streamFile("s")
    // In the port: behind it come the trailer's head, counts, SHA-256 and "stop".
    files.damage(file, fromEnd: 16 + 16 + 32 + 4 + 1)
    let info = try vfioscope("stream", "info", "--json", file)
    #expect(info.status == .exited(1))
    let report = try ParsedJSON(info.output)
    #expect(report["verdict"] == "altered")
    #expect(report["fault"] == "the frame's checksum does not fit")
    #expect(report["bytes"] == 24)
    let records = try vfioscope("stream", "records", file)
    #expect(records.status == .exited(1))
    #expect(records.lines.count == 2)
    #expect(records.errorLines.count == 1)
    #expect(records.errors.hasPrefix("vfioscope: \(file): at byte "))
  }

  @Test("text of a stream goes to the terminal with its control characters shown, not sent")
  func escaped() throws {
    let file = try files.streamFile("s", device: "a\u{1B}[31mb\nc")
    for arguments in [["info"], ["info", "--json"], ["diff", file]] {
      let run = try Invocation(["stream"] + arguments + [file]).finish()
      #expect(!run.output.contains("\u{1B}"))
      #expect(!run.output.contains("b\nc"))
    }
  }

  @Test("a file that is the start of a stream file is one that was cut, however short", arguments: [1, 7, 8, 15])
  func cutHead(count: Int) throws {
    let whole = try contents(of: files.streamFile("s"), limit: 1 << 20)
    let file = try files.plainFile("cut", Array(whole.prefix(count)))
    for run in [
      try vfioscope("stream", "info", file), try vfioscope("load", "sim:v2-reference,size=64K", "-i", file, "--yes"),
    ] {
      #expect(run.status == .exited(run.errors.contains("--force") ? 3 : 1))
      #expect(run.output.isEmpty)
      #expect(run.errorLines.count == 1)
      let fault = "\(file): at byte \(count): not finished: 0 bytes in 0 chunks so far, and no trailer"
      #expect(run.errors.hasPrefix("vfioscope: \(fault)"))
      #expect(!run.errors.contains("--raw"))
    }
  }

  @Test("an empty file is said to be so")
  func empty() throws {
    let file = try files.plainFile("empty", [])
    let run = try vfioscope("stream", "info", file)
    #expect(run.status == .exited(1))
    #expect(run.lines.last == "verdict  empty: there is nothing in it")
    #expect(try ParsedJSON(vfioscope("stream", "info", "--json", file).output)["verdict"] == "empty")
    let load = try vfioscope("load", "sim:v2-reference,size=64K", "-i", file, "--yes")
    #expect(load.errors.contains("is empty, not a stream file") && !load.errors.contains("--raw"))
  }

  @Test("a version that is not known is told, and loading it plain is no advice", arguments: [0, 3] as [UInt32])
  func otherVersion(version: UInt32) throws {
    let file = try files.streamFile("s", version: version)
    let says = version == 0 ? "there is no version 0" : "version 3, which is newer than this program knows (1 to 2)"
    let info = try vfioscope("stream", "info", file)
    #expect(info.status == .exited(1))
    #expect(info.errors.contains(says))
    let load = try vfioscope("load", "sim:v2-reference,size=64K", "-i", file, "--yes")
    #expect(load.status == .exited(3))
    #expect(load.errors.contains(says) && !load.errors.contains("--raw"))
  }

  // MARK: hex

  @Test("hex shows the bytes chunk by chunk")
  func hex() throws {
    let run = try vfioscope("stream", "hex", files.streamFile("s"), "--offset", "0x10", "--length", "18")
    #expect(run.status == .exited(0))
    #expect(
      run.lines == [
        "chunk 0, pre-copy, 24 bytes at 0x000000",
        "0x000010 01 00 00 00 00 00 00 00                           |........|",
        "chunk 1, stop-copy, 36 bytes at 0x000018",
        "0x000018 00 01 02 03 04 05 06 07  68 65                    |........he|",
      ])
  }

  @Test("hex of plain bytes has no chunks; --container shows a stream file's own bytes")
  func hexOfPlainBytes() throws {
    let plain = try vfioscope("stream", "hex", files.plainFile("p", StreamFiles.mtty()), "--offset", "44")
    #expect(plain.lines == ["0x00002c 00 00 00 00 01 02 03 00  01 00 0c 00 07 10 0e 00  |................|"])
    let container = try vfioscope("stream", "hex", "--container", files.streamFile("s"), "--length", "8")
    #expect(container.lines == ["0x000000 89 56 4d 49 47 0d 0a 1a                           |.VMIG...|"])
  }

  @Test("beyond the end there is nothing to show, and that is said", arguments: ["60", "18446744073709551615"])
  func hexBeyondTheEnd(offset: String) throws {
    let file = try files.streamFile("s")
    let run = try vfioscope("stream", "hex", file, "--offset", offset)
    #expect(run.status == .exited(2))
    #expect(run.output.isEmpty)
    #expect(run.errorLines == ["vfioscope: \(file): there is no byte \(offset) in it: it holds 60 bytes"])
    #expect(try vfioscope("stream", "hex", files.plainFile("empty", []), "--offset", "0").status == .exited(0))
  }

  @Test("beyond the end of a file that was cut, the cut is said too")
  func hexBeyondTheCut() throws {
    let writer = try files.begin("s")
    let run = try vfioscope("stream", "hex", files.path("s.part"), "--offset", "60")
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 2)
    #expect(run.errors.contains("not finished"))
    writer.abandon()
  }

  @Test("takes numbers of bytes as every command does")
  func hexNumbers() throws {
    let file = try files.plainFile("p", [UInt8](repeating: 7, count: 5000))
    #expect(try vfioscope("stream", "hex", file, "--offset", "4K", "--length", "1K").lines.count == 57)
  }

  // MARK: records

  @Test("records shows what a known format has, over the borders of chunks")
  func records() throws {
    let run = try vfioscope("stream", "records", files.streamFile("s"))
    #expect(run.status == .exited(0))
    #expect(
      run.lines.prefix(4) == [
        "mtty: the kernel's mtty sample device",
        "0x000000  header: magic 0x7e9d09898c3e2c4e, major_ver 1, minor_ver 0, nr_ports 1, flags 0x0",
        "0x000018  port 0",
        "          uart_reg 0001020304050607",
      ])
    #expect(run.lines.contains("          divisor 12"))
  }

  @Test("records --json has numbers as numbers and all else as text")
  func recordsJSON() throws {
    let report = try ParsedJSON(vfioscope("stream", "records", "--json", files.streamFile("s")).output)
    #expect(report["schema"] == "vfioscope.stream-records/1")
    #expect(report["format"] == "mtty")
    #expect(report["limit_reached"] == false)
    let port = try #require(report["records"]?.elements.last)
    #expect(port["offset"] == 24)
    #expect(port["head_bytes"] == 36)
    #expect(port["fields"]?.elements.contains(["name": "divisor", "value": 12]) == true)
    #expect(port["fields"]?.elements.contains(["name": "fcr", "value": "0x7"]) == true)
  }

  @Test("records takes another format when told, and stops at a limit")
  func recordsOptions() throws {
    let file = try files.streamFile("s")
    let other = try vfioscope("stream", "records", "--format", "qemu", file)
    #expect(
      other.lines == [
        "qemu: QEMU's framing of a VFIO device", "0x000000  bytes, 60 bytes of data",
        "          ! the format does not explain them",
      ])
    let limited = try vfioscope("stream", "records", "--limit", "1", file)
    #expect(limited.lines.count == 3)
    #expect(limited.lines.last == "More records follow: give a larger --limit.")
    let report = try ParsedJSON(vfioscope("stream", "records", "--json", "--limit", "1", file).output)
    #expect(report["limit_reached"] == true)
  }

  @Test("a record that is longer than what is there ends it with 1, also in plain bytes")
  func cutRecord() throws {
    // drivers/vfio/pci/mlx5/cmd.h: a record of 100 bytes, of which 10 are there.
    let bytes: [UInt8] = [100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0x5A, count: 10)
    let file = try files.plainFile("p", bytes)
    for arguments in [[], ["--json"]] {
      let run = try Invocation(["stream", "records", file, "--format", "mlx5-virtio"] + arguments).finish()
      #expect(run.status == .exited(1))
      #expect(run.output.contains("cut: 10 of 100 bytes are there"))
      #expect(run.errorLines == ["vfioscope: \(file): it was cut: a record in it is longer than what is there"])
    }
  }

  @Test("bytes of no known format are said to be so")
  func unknownFormat() throws {
    let file = try files.plainFile("p", Array("no format at all".utf8))
    #expect(try vfioscope("stream", "records", file).lines == ["The format is not known; see stream hex."])
    #expect(try ParsedJSON(vfioscope("stream", "info", "--json", file).output)["format"] == ParsedJSON.null)
  }

  // MARK: diff

  @Test("diff of equal data ends with 0, whatever they were saved in")
  func equal() throws {
    let run = try vfioscope("stream", "diff", files.streamFile("s"), files.plainFile("p", StreamFiles.mtty()))
    #expect(run.status == .exited(0))
    #expect(run.lines.last == "The data are equal.")
  }

  @Test("diff names the bytes and the fields that differ, and ends with 1")
  func different() throws {
    let (one, other) = (try files.streamFile("a"), try files.streamFile("b", divisor: 13))
    let run = try vfioscope("stream", "diff", one, other)
    #expect(run.status == .exited(1))
    #expect(run.errors.isEmpty)
    #expect(
      run.lines.suffix(4) == [
        "First difference at 0x000036; in all 1 byte differs, in 1 range:",
        "  0x000036  1 byte",
        "1 of 2 records of format mtty differs.",
        "  record 1, port 0, at 0x000018: divisor 12 → 13",
      ])
    let report = try ParsedJSON(vfioscope("stream", "diff", "--json", one, other).output)
    #expect(report["equal"] == false)
    #expect(report["first_difference"] == 54)
    #expect(report["ranges"] == [["offset": 54, "bytes": 1, "differing_bytes": 1]])
    #expect(
      report["records"]?["changes"] == [
        ["record": 1, "name": "port 0", "offsets": [24, 24], "what": ["divisor 12 → 13"]]
      ])
  }

  @Test("diff tells how many bytes of a range differ, and shows none of them when told to")
  func partlyDifferent() throws {
    var other = [UInt8](repeating: 1, count: 100)
    for place in [10, 12, 16] { other[place] = 2 }
    let (one, two) = (
      try files.plainFile("a", [UInt8](repeating: 1, count: 100)), try files.plainFile("b", other)
    )
    let head = "First difference at 0x00000a; in all 3 bytes differ, in 1 range:"
    let run = try vfioscope("stream", "diff", one, two)
    #expect(run.lines.suffix(2) == [head, "  0x00000a  3 of 7 bytes"])
    #expect(try vfioscope("stream", "diff", one, two, "--limit", "0").lines.suffix(2) == [head, "  and 1 more"])
    let records = try vfioscope("stream", "records", files.streamFile("s"), "--limit", "0")
    #expect(records.status == .exited(0))
    #expect(records.lines.dropFirst() == ["More records follow: give a larger --limit."])
  }

  @Test("diff says when one is the start of the other")
  func start() throws {
    let short = try files.plainFile("p", Array(StreamFiles.mtty().prefix(24)))
    let run = try vfioscope("stream", "diff", short, files.streamFile("s"))
    #expect(run.status == .exited(1))
    #expect(run.lines.contains("Equal up to 0x000018, where the shorter one ends."))
  }

  // MARK: bad input

  @Test(
    "bad input gives one line and its code",
    arguments: [
      BadInput("stream info /no/such/file", 3, "/no/such/file: open: ENOENT"),
      BadInput("stream info -", 2, "standard input: is read more than once, so it has to be a plain file"),
      BadInput("stream hex /dev/zero", 2, "/dev/zero: is read more than once, so it has to be a plain file"),
      BadInput("stream records /", 2, "/: is a folder"),
      BadInput("stream diff /no/a /no/b", 3, "/no/a: open: ENOENT"),
      BadInput("stream records /etc/passwd --format tar", 2, "tar is no format known here; there are mtty, qat, "),
      BadInput("stream records /etc/passwd --limit=-1", 2, "--limit takes 0 or more, not -1"),
      BadInput("stream hex /etc/passwd --offset -1", 2, "The value '-1' is invalid for '--offset <offset>'"),
      BadInput("stream hex /etc/passwd --offset +1", 2, "The value '+1' is invalid for '--offset <offset>'"),
      BadInput("stream hex /etc/passwd --offset 0x", 2, "The value '0x' is invalid for '--offset <offset>'"),
      BadInput("stream hex /etc/passwd --length 1k", 2, "The value '1k' is invalid for '--length <length>'"),
      BadInput("stream view /etc/passwd", 2, "stream view needs a terminal; try stream info, hex, records or diff"),
      BadInput("stream info", 2, "Missing expected argument '<files> ...'"),
      BadInput(["stream", "info", "/\u{1B}[2J"], 3, "/␛[2J: open: ENOENT"),
    ])
  func badInput(_ input: BadInput) throws {
    let run = try Invocation(input.arguments).finish()
    #expect(run.status == .exited(input.code))
    #expect(run.output.isEmpty)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.hasPrefix("vfioscope: "))
    #expect(run.errors.contains(input.says))
  }
}
