import Migration
import Rulebook
import Testing

@testable import Inspector
@testable import Terminal

@Suite("The view of rules")
struct RulesViewTests {
  private let reference = DeviceReference.simulated("v1-reference,size=64K,defect=V1-ACC-05")

  private func screen(height: Int = 24, width: Int = 80) -> Screen {
    Screen(device: reference.description, height: height, width: width)
  }

  @Test("asks how far checks may go, and more than harmless ones only of an armed device")
  func asks() throws {
    let screen = screen()
    screen.type("r")
    #expect(screen.text.contains("Check which rules the device keeps"))
    screen.type("j", .enter)
    #expect(screen.text.contains("Read-only: press a to arm this device first."))
    #expect(try screen.status(reference).rules == nil)
    screen.type("k", .enter)
    let rules = try #require(try screen.status(reference).rules)
    #expect(!rules.isRunning)
    #expect(rules.report.ending == .complete)
    #expect(rules.report.findings.allSatisfy { $0.verdict == .skip || $0.rule.harm == .none })
    #expect(screen.text.contains("Rules of sim:v1-reference"))
  }

  @Test("shows what is not kept with its evidence, and explains it")
  func shows() throws {
    let screen = screen()
    screen.type("r", .enter)
    screen.type("v")
    #expect(screen.text.contains("Shown: not kept."))
    #expect(screen.text.contains("fail  V1-ACC-05"))
    #expect(screen.text.contains("read region 9 +0x4 4 bytes reserved = EINVAL"))
    screen.type("", .enter)
    #expect(screen.text.contains("V1-ACC-05 on sim:v1-reference"))
    #expect(screen.text.contains("rests on"))
    #expect(screen.text.contains("hisi_acc"))
    screen.type("", .escape)
    #expect(screen.text.contains("Shown: not kept."))
  }

  @Test("shows some of them: by verdict, level and topic")
  func filters() throws {
    let findings = try #require(try checked().rules).report.findings
    var filter = RuleFilter()
    #expect(findings.filter(filter.lets).count == findings.count)
    filter.nextTopic(of: findings)
    #expect(filter.words == "Shown: all verdicts, topic DISC.")
    #expect(Set(findings.filter(filter.lets).map(\.rule.topic)) == ["DISC"])
    filter.nextLevel()
    #expect(Set(findings.filter(filter.lets).map(\.rule.level)) == [.must])
    filter.nextVerdicts()
    #expect(findings.filter(filter.lets).isEmpty)
    for _ in Rule.Level.allCases { filter.nextLevel() }
    #expect(filter.words == "Shown: not kept, topic DISC.")
  }

  @Test("whose device loses its state is asked for once more")
  func confirms() throws {
    let screen = screen()
    screen.type("ayrjj", .enter)
    #expect(screen.text.contains("it is also reset, and loses its state"))
    screen.type("n")
    #expect(try screen.status(reference).rules == nil)
    screen.type("", .enter)
    screen.type("y")
    #expect(try screen.status(reference).rules?.report.permission == .lose)
    #expect(try screen.status(reference).observation?.state.name == "running")
  }

  private func checked() throws -> DeviceStatus {
    let screen = screen()
    screen.type("r", .enter)
    return try screen.status(reference)
  }
}
