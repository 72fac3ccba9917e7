import TestSupport
import Testing

/// A way through the states that the documents draw: what is asked, and the path each request takes.
struct Flow: Sendable, CustomTestStringConvertible {
  let name: String
  let device: String
  let paths: [[String]]

  init(_ name: String, _ device: String, _ paths: [String]) {
    self.name = name
    self.device = device
    self.paths = paths.map { $0.split(separator: "·").map { Self.words[$0] ?? String($0) } }
  }

  var testDescription: String { "\(name) of \(device)" }

  var requests: [String] { paths.compactMap(\.last) }

  private static let words: [Substring: String] = [
    "R": "running", "S": "stop", "SC": "stop-copy", "RS": "resuming", "PC": "pre-copy", "RP": "running-p2p",
    "PP": "pre-copy-p2p",
  ]
}

extension Flow {
  /// The five flows of the comment on `device_state` (linux/vfio.h, 5.8 to 5.17).
  static let v1: [Flow] = [
    Flow("shutdown", "sim:v1-reference", ["R·S"]),
    Flow("save", "sim:v1-reference", ["R·SC", "SC·S"]),
    Flow("live migration", "sim:v1-reference", ["R·PC", "PC·SC", "SC·S"]),
    Flow("resume", "sim:v1-reference", ["R·RS", "RS·R"]),
    Flow("nothing", "sim:v1-reference", ["R"]),
  ]

  /// The same over the arcs of `enum vfio_device_mig_state` (linux/vfio.h, 5.18 and later), for each set of flags.
  static let v2: [Flow] = [
    Flow("shutdown", "sim:v2-reference,flags=1", ["R·S"]),
    Flow("shutdown", "sim:v2-reference,flags=7", ["R·RP·S"]),
    Flow("shutdown by hand", "sim:v2-reference,flags=3", ["R·RP", "RP·S", "S·RP", "RP·R"]),
    Flow("save", "sim:v2-reference,flags=1", ["R·S·SC", "SC·S"]),
    Flow("save", "sim:v2-reference,flags=3", ["R·RP·S·SC", "SC·S"]),
    Flow("live migration", "sim:v2-reference,flags=5", ["R·PC", "PC·SC", "SC·S"]),
    Flow("live migration", "sim:v2-reference,flags=7", ["R·PC", "PC·PP·SC", "SC·S"]),
    Flow("live migration by hand", "sim:v2-reference,flags=7", ["R·PC", "PC·PP", "PP·SC", "SC·S"]),
    Flow("live migration given up", "sim:v2-reference,flags=7", ["R·PC", "PC·PP", "PP·RP·R"]),
    Flow("save given up", "sim:v2-reference,flags=7", ["R·RP·S·SC", "SC·S·RP·R"]),
    Flow("resume", "sim:v2-reference,flags=1,no-data=accept", ["R·S·RS", "RS·S", "S·R"]),
    Flow("resume", "sim:v2-reference,flags=7,no-data=accept", ["R·RP·S·RS", "RS·S·RP·R"]),
  ]
}

@Suite("step goes through every flow that the documents draw")
struct StepFlowTests {
  @Test("and reports each request with its path and the state read back", arguments: Flow.v1 + Flow.v2)
  func flow(_ flow: Flow) throws {
    let run = try Invocation(["step", flow.device] + flow.requests + ["--json", "--yes"]).finish()
    #expect(run.status == .exited(0))
    #expect(run.errors.isEmpty)
    #expect(run.lines.count == 1)
    let report = try ParsedJSON(run.output)
    #expect(report["schema"] == "vfioscope.step/1")
    #expect(report["device"]?.text == flow.device)
    #expect(report["protocol"]?.text == (Flow.v1.contains { $0.device == flow.device } ? "v1" : "v2"))
    #expect(report["interface"] == "simulator")
    #expect(report["not_done"] == [])
    #expect(report["state"]?.text == flow.requests.last)
    let steps = try #require(report["steps"]).elements
    #expect(steps.map { $0.without("duration_us") } == flow.paths.map(step))
    #expect(steps.allSatisfy { ($0["duration_us"]?.value ?? -1) >= 0 })
  }

  private func step(_ path: [String]) -> ParsedJSON {
    let goal = ParsedJSON.string(path.last ?? "")
    return [
      "requested": goal, "path": .array(path.map(ParsedJSON.string)), "result": "ok", "errno": nil, "error": nil,
      "reached": goal, "broken_rule": nil,
    ]
  }
}
