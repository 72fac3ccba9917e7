import TestSupport
import Testing

@testable import vfioscope

@Suite("compare")
struct CompareTests {
  @Test("shows the rules that devices do not keep alike")
  func differences() throws {
    let tree = try Tree()
    let (healthy, broken) = ("\(tree.path)/healthy.json", "\(tree.path)/broken.json")
    _ = try vfioscope("check", "sim:v1-reference,size=64K", "--json", healthy)
    _ = try vfioscope("check", "sim:v1-reference,size=64K,defect=V1-ACC-05", "--json", broken)
    let run = try vfioscope("compare", healthy, broken)
    #expect(run.status == .exited(0))
    #expect(run.lines.first == "1: sim:v1-reference,size=64K")
    let row = try #require(run.lines.first { $0.hasPrefix("V1-ACC-05") })
    #expect(row.contains("pass  fail"))
    #expect(run.lines.contains("  1: The reserved word reads 0, before and after it was written."))
    #expect(run.lines.contains { $0.hasPrefix("  2: Reading the reserved word gives EINVAL") })
    #expect(!run.lines.contains { $0.hasPrefix("V1-DISC-01") })
    #expect(try vfioscope("compare", healthy, healthy).lines.last == "The devices keep and break the same rules.")
    let json = try ParsedJSON(vfioscope("compare", healthy, broken, "--json").output)
    #expect(json["devices"]?.elements.count == 2)
  }

  @Test("refuses what is no report on one line", arguments: ["/etc/hostname", "/nowhere"])
  func refusals(path: String) throws {
    let run = try vfioscope("compare", path)
    #expect(run.status == .exited(path == "/nowhere" ? 3 : 2))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains(path))
  }
}
