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

  @Test("says that there is nothing to compare, and takes no report alone")
  func nothingShared() throws {
    let tree = try Tree()
    let files = try ["v1", "v2", "skipped"].map { name in
      let path = "\(tree.path)/\(name).json"
      let rules = name == "skipped" ? ["--rules", "V1-RST-01"] : []
      let device = name == "v2" ? "sim:v2-reference,size=64K" : "sim:v1-reference,size=64K"
      _ = try Invocation(["check", device, "--json", path] + rules).finish()
      return path
    }
    let strangers = try vfioscope("compare", files[0], files[1])
    #expect(strangers.lines.dropFirst(2) == ["The reports have no rules in common."])
    let unchecked = try vfioscope("compare", files[0], files[2])
    #expect(unchecked.lines.dropFirst(2) == ["No rule was checked in more than one report."])
    let one = try vfioscope("compare", files[0])
    #expect(one.status == .exited(2))
    #expect(one.errors.contains("name two reports, or more"))
  }

  @Test("says of a rule that it was never merged")
  func proposed() throws {
    let tree = try Tree()
    let (healthy, broken) = ("\(tree.path)/healthy.json", "\(tree.path)/broken.json")
    let options = ["--rules", "V1-RST-01", "--allow", "lose", "--json"]
    _ = try Invocation(["check", "sim:v1-reference,size=64K"] + options + [healthy]).finish()
    _ = try Invocation(["check", "sim:libvfio-user-v1,size=64K"] + options + [broken]).finish()
    let run = try vfioscope("compare", healthy, broken)
    #expect(run.lines.contains { $0.hasPrefix("V1-RST-01  MUST, proposed and never merged  pass  warn  ") })
  }

  @Test("refuses what is no report on one line", arguments: ["/etc/hostname", "/nowhere"])
  func refusals(path: String) throws {
    let run = try vfioscope("compare", path, path)
    #expect(run.status == .exited(path == "/nowhere" ? 3 : 2))
    #expect(run.errorLines.count == 1)
    #expect(run.errors.contains(path))
  }
}
