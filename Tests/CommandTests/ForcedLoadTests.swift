import Glibc
import TestSupport
import Testing

/// load of what should not be loaded, and of plain bytes, on simulated devices.
@Suite("load --force and --raw")
struct ForcedLoadTests {
  private static let v1 = "sim:v1-reference,size=64K,chunk=16K"
  private let files: StreamFiles

  init() throws {
    files = try StreamFiles()
  }

  private func save(_ device: String, _ name: String, _ more: String...) throws -> String {
    let run = try Invocation(["save", device, "-o", files.path(name)] + more).finish()
    #expect(run.status == .exited(0))
    return files.path(name)
  }

  private func load(_ device: String, _ file: String, _ more: String...) throws -> Finished {
    try Invocation(["load", device, "-i", file] + more).finish()
  }

  @Test("what is wrong is said with its place, and how it is loaded all the same")
  func hint() throws {
    let file = try save(Self.v1, "x")
    truncate(file, 40_000)
    let run = try load(Self.v1, file, "--yes", "--trace")
    #expect(run.status == .exited(3))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains("at byte 40000: not finished"))
    #expect(run.errors.contains("--force loads it all the same"))
  }

  @Test("it has to be confirmed as any load, after what is wrong was said")
  func armed() throws {
    let file = try save(Self.v1, "x")
    truncate(file, 40_000)
    let run = try load(Self.v1, file, "--force", "--trace")
    #expect(run.status == .exited(4))
    #expect(!run.errors.contains("write region"))
    let said = try #require(run.errorLines.firstIndex { $0.contains("at byte 40000: not finished") })
    let asked = try #require(run.errorLines.firstIndex { $0.contains("say --yes if you mean it") })
    #expect(said < asked)
  }

  @Test("a cut file is loaded up to the cut, and the device refuses to run on it")
  func cut() throws {
    let file = try save(Self.v1, "x")
    truncate(file, 40_000)
    let run = try load(Self.v1, file, "--force", "--yes", "--json")
    #expect(run.status == .exited(1))
    let report = try ParsedJSON(run.output)
    #expect(report["forced"]?["device"] == "refused-at-change")
    #expect(report["forced"]?["offset"] == 40000)
    // Two whole chunks and a part of the third.
    #expect(report["chunks"] == 3)
    #expect(try #require(report["bytes"]?.value) < 40_000)
    #expect(report["devices"]?.elements.map { $0["state"] } == ["running"])
    let text = try load(Self.v1, file, "--force", "--yes")
    #expect(text.output.contains("the device refused the data when it was asked to run, and was in error then"))
  }

  @Test("a device that was given nothing has refused nothing")
  func givenNothing() throws {
    let file = try save(Self.v1, "x")
    truncate(file, 40_000)
    let run = try load(Self.v1 + ",state=resuming", file, "--force", "--yes", "--json")
    #expect(run.status == .exited(1))
    #expect(try ParsedJSON(run.output)["forced"]?["device"] == "not-asked")
  }

  @Test("a chunk that was altered is loaded as it is, and a device that looks refuses it")
  func altered() throws {
    let file = try save(Self.v1, "x")
    // Before the last chunk, which is short, and the trailer: in the head of the stream's last record.
    files.damage(file, fromEnd: 20_000)
    let run = try load(Self.v1, file, "--force", "--yes", "--json")
    #expect(run.status == .exited(1))
    #expect(run.errors.contains("the frame's checksum does not fit"))
    let report = try ParsedJSON(run.output)
    #expect(report["forced"]?["device"]?.text?.hasPrefix("refused-at-") == true)
    #expect(report["sha256"] == .null)
  }

  @Test("a device that does not notice runs, and that is said")
  func accepted() throws {
    let file = try save(Self.v1, "x")
    // In the trailer of the file: the device's own data is whole.
    files.damage(file, fromEnd: 20)
    let run = try load("\(Self.v1),seed=2", file, "--force", "--yes")
    #expect(run.status == .exited(0))
    #expect(run.lines.contains("by force: the device accepted the data and runs with it"))
    #expect(run.lines.last == "device \(Self.v1),seed=2: now running")
  }

  @Test("a file that is no stream file is loaded byte by byte")
  func foreign() throws {
    let file = try files.plainFile("x", Array("hello".utf8))
    let run = try load(Self.v1, file, "--force", "--yes", "--json")
    #expect(run.status == .exited(1))
    let report = try ParsedJSON(run.output)
    #expect(report["bytes"] == 5)
    #expect(report["forced"]?["faults"]?.elements.first?.text?.contains("is not a stream file") == true)
  }

  @Test("a stream of the other protocol is loaded too")
  func otherProtocol() throws {
    let file = try save(Self.v1, "x")
    let device = "sim:v2-reference,size=64K"
    let refused = try load(device, file, "--yes")
    #expect(refused.status == .exited(4))
    #expect(refused.errors.contains("--force"))
    let run = try load(device, file, "--force", "--yes", "--json")
    #expect(run.status == .exited(0))
    #expect(try ParsedJSON(run.output)["forced"]?["device"] == "accepted")
  }

  @Test("a good file is loaded with --force as without")
  func good() throws {
    let run = try load(Self.v1, try save(Self.v1, "x"), "--force", "--yes", "--json")
    #expect(run.status == .exited(0))
    #expect(run.errors == "")
    #expect(try ParsedJSON(run.output)["forced"] == .null)
  }

  @Test("what comes once can't be looked at before, and is refused")
  func pipe() throws {
    #expect(mkfifo(files.path("pipe"), 0o600) == 0)
    for input in [files.path("pipe"), "-"] {
      let run = try load(Self.v1, input, "--force", "--yes")
      #expect(run.status == .exited(2))
      #expect(run.errors.contains("--force needs a file"))
    }
  }

  @Test("a file that can't be read is not helped by --force")
  func unreadable() throws {
    let run = try load(Self.v1, files.path("none"), "--force", "--yes")
    #expect(run.status == .exited(3))
    #expect(run.errors.contains("ENOENT"))
    #expect(!run.errors.contains("--force"))
  }

  @Test("plain bytes are loaded into a v2 device as they are")
  func rawV2() throws {
    let device = "sim:v2-reference,size=64K"
    let file = try save(device, "x", "--raw")
    let run = try load("\(device),seed=2", file, "--raw", "--yes", "--json")
    #expect(run.status == .exited(0))
    let again = try ParsedJSON(try vfioscope("save", device, "-o", files.path("y"), "--raw", "--json").output)
    #expect(try ParsedJSON(run.output)["sha256"] == again["sha256"])
  }

  @Test("plain bytes need the length of the chunks for a v1 device")
  func rawV1() throws {
    let file = try save(Self.v1, "x", "--raw")
    let without = try load(Self.v1, file, "--raw", "--yes")
    #expect(without.status == .exited(2))
    #expect(without.errors.contains("--chunk"))
    let run = try load("\(Self.v1),seed=2", file, "--raw", "--yes", "--chunk", "16384", "--json")
    #expect(run.status == .exited(0))
    #expect(try ParsedJSON(run.output)["chunks"] == 5)
  }

  @Test("a stream file is not taken for plain bytes, nor an empty one for a device's data")
  func notRaw() throws {
    let run = try load(Self.v1, try save(Self.v1, "x"), "--raw", "--chunk", "16384", "--yes", "--trace")
    #expect(run.status == .exited(3))
    #expect(run.errors.contains("load it without --raw"))
    #expect(run.errorLines.count == 1)
    let empty = try load(Self.v1, try files.plainFile("e", []), "--raw", "--chunk", "1", "--yes")
    #expect(empty.status == .exited(3))
    #expect(empty.errors.contains("is empty"))
  }

  @Test(
    "wrong usage is told on one line",
    arguments: [["--raw", "--force"], ["--chunk", "10"], ["--raw", "--chunk", "0"]])
  func usage(arguments: [String]) throws {
    let run = try Invocation(["load", Self.v1, "-i", "x"] + arguments).finish()
    #expect(run.status == .exited(2))
    #expect(run.errorLines.count == 1)
    #expect(try vfioscope("load", Self.v1, "-i", "-", "--force").status == .exited(2))
  }
}
