import Glibc
import Migration
import TestSupport
import Testing
import VFIO

@testable import vfioscope

@Suite("show")
struct ShowTests {
  @Test(
    "says which protocol a device speaks, and its state in our word, the protocol's and the number",
    arguments: [
      ("sim:v1-reference", "v1 (map)", "running  (_RUNNING, 1)"),
      ("sim:v1-reference,state=stop,map=no", "v1", "stop  (_STOP, 0)"),
      ("sim:v1-reference,state=pre-copy", "v1 (map)", "pre-copy  (_SAVING|_RUNNING, 3)"),
      ("sim:v2-reference", "v2 (stop-copy, p2p, pre-copy)", "running  (RUNNING, 2)"),
      ("sim:v2-reference,flags=1,state=stop", "v2 (stop-copy)", "stop  (STOP, 1)"),
      ("sim:v2-reference,state=pre-copy-p2p", "v2 (stop-copy, p2p, pre-copy)", "pre-copy-p2p  (PRE_COPY_P2P, 7)"),
    ])
  func text(device: String, protocol: String, state: String) throws {
    let run = try vfioscope("show", device)
    #expect(run.status == .exited(0))
    #expect(run.errors.isEmpty)
    #expect(run.lines[0] == "device    \(device)")
    #expect(run.lines[1] == "protocol  \(`protocol`), by simulator")
    #expect(run.lines[2] == "state     \(state)")
  }

  @Test("--json has the registers of v1 that may be read, and null for those that may not")
  func v1Fields() throws {
    let report = try ParsedJSON(vfioscope("show", "sim:v1-reference,state=stop-copy,size=1M", "--json").output)
    #expect(report["schema"] == "vfioscope.show/1")
    #expect(report["protocol"] == "v1")
    #expect(report["interface"] == "simulator")
    #expect(report["says_reset"] == true)
    #expect(report["state"] == ["name": "stop-copy", "number": 2, "protocol_name": "_SAVING"])
    let fields = try #require(report["fields"]).elements
    #expect(fields.map { $0["name"] } == ["pending_bytes", "data_offset", "data_size"])
    #expect(fields.map { $0["liveness"] } == ["not read", "not read", "not read"])
    #expect(fields.map { $0["unit"] } == ["bytes", "offset", "bytes"])
    // Somebody may have opened a chunk before: reading pending_bytes would acknowledge it.
    #expect(fields.allSatisfy { $0["value"] == .null })
    #expect(fields.allSatisfy { $0["errno"] == .null })
  }

  @Test("--json has the fields of v2, with those a state does not define as null")
  func v2Fields() throws {
    let report = try ParsedJSON(vfioscope("show", "sim:v2-reference,flags=5,size=1M", "--json").output)
    #expect(report["flags"] == ["stop-copy", "pre-copy"])
    let fields = try #require(report["fields"]).elements
    #expect(fields.map { $0["name"] } == ["data_fd", "initial_bytes", "dirty_bytes", "stop_copy_length"])
    #expect(fields.map { $0["liveness"] } == ["live", "not defined", "not defined", "live"])
    #expect(fields[0]["value"] == 0)
    #expect(fields[1]["value"] == .null)
    #expect(try #require(fields[3]["value"]?.value) >= 1_048_576)
  }

  @Test(
    "tells why a field could not be read",
    arguments: [
      (DeviceError.Reason.refused(.EIO), "EIO" as String?, "EIO (Input/output error)"),
      (.short(expected: 8, got: 4), nil, "4 of 8 bytes came back"),
      (.malformed("dirty_bytes is larger than the device"), nil, "dirty_bytes is larger than the device"),
    ])
  func failedField(reason: DeviceError.Reason, errno: String?, error: String) throws {
    let field = ShowReport.Field(Field("pending_bytes", nil, .bytes, .failed(reason)))
    #expect(field.cells == ["pending_bytes", error, "failed"])
    let json = try ParsedJSON(field.json.line)
    #expect(json["errno"] == errno.map(ParsedJSON.string) ?? .null)
    #expect(json["error"] == .string(error))
    #expect(json["value"] == .null)
  }

  @Test("--json tells what asking for each state would do")
  func reaches() throws {
    let report = try ParsedJSON(vfioscope("show", "sim:v2-reference,state=stop-copy", "--json").output)
    let reaches = try #require(report["reaches"]).elements
    func reach(_ state: ParsedJSON) -> ParsedJSON? { reaches.first { $0["state"] == state } }
    #expect(reaches.count == 8)
    #expect(
      reach("running") == [
        "state": "running", "path": ["stop-copy", "stop", "running-p2p", "running"], "standing": "allowed",
        "why": nil, "effects": ["runs the device", "ends the data session"],
      ])
    #expect(reach("pre-copy")?["standing"] == "refused")
    #expect(reach("pre-copy")?["why"] == "PRE_COPY can't follow STOP_COPY")
  }

  @Test("--watch looks as often as it is told, a ParsedJSON object a line")
  func watch() throws {
    let run = try vfioscope("show", "sim:v1-reference", "--watch", "0.05", "--count", "3", "--json")
    #expect(run.status == .exited(0))
    #expect(run.lines.count == 3)
    for line in run.lines { #expect(try ParsedJSON(line)["state"]?["name"] == "running") }
  }

  @Test("--watch hands each look on when it is made, and goes on until it is interrupted")
  func watchFlushes() throws {
    let run = try Invocation(["show", "sim:v2-reference", "--watch", "86400", "--json"])
    #expect(try ParsedJSON(run.line())["state"]?["name"] == "running")
    run.signal(SIGINT)
    let end = try run.finish()
    #expect(end.status == .killed(by: SIGINT))
    #expect(end.output.isEmpty)
    #expect(end.errors.isEmpty)
  }

  @Test("--watch takes up to a day", arguments: [(0.05, 0, 50_000_000), (1.5, 1, 500_000_000), (86400, 86400, 0)])
  func longWatch(seconds: Double, whole: Int, rest: Int) {
    let time = timespec(seconds: seconds)
    #expect(time.tv_sec == whole)
    #expect(abs(time.tv_nsec - rest) <= 1)
  }

  @Test("--trace prints every access on standard error, and leaves the report as it is")
  func trace() throws {
    let run = try vfioscope("show", "sim:v1-reference", "--trace", "--json")
    #expect(run.status == .exited(0))
    #expect(run.lines.count == 1)
    #expect(try ParsedJSON(run.output)["protocol"] == "v1")
    #expect(run.errorLines.allSatisfy { $0.contains(/^\d+\.\d{6} s \+\d+ µs [A-Za-z]/) })
    #expect(run.errorLines.contains { $0.contains("GET_INFO = 0") })
    #expect(run.errorLines.last?.hasSuffix("read region 9 +0x0 4 bytes device_state = 4 [0x1]") == true)
  }

  @Test("looking at a saving device of v1 reads no register that has an effect")
  func looksOnly() throws {
    let run = try vfioscope("show", "sim:v1-reference,state=stop-copy", "--trace")
    let reads = run.errorLines.filter { $0.contains("read region 9") }
    #expect(reads.count == 1)
    #expect(reads.first?.contains("+0x0 4 bytes") == true)
    #expect(!run.errors.contains("write"))
  }
}
