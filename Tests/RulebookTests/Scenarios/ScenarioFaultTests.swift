import Migration
import Testing
import VFIO

@testable import Rulebook

@Suite("Faults in a scenario")
struct ScenarioFaultTests {
  private let steps = """
    [[steps]]
    say = "S."
    inject = "refuse-state:stop/EIO"
    [[steps]]
    say = "S."
    ask = "stop"
    expect = { errno = "EIO", state = "running" }
    [[steps]]
    say = "S."
    lift = "refuse-state:stop/EIO"
    [[steps]]
    say = "S."
    ask = "stop"
    """

  @Test("are switched on and off by their names")
  func switched() throws {
    let played = try Played(steps: steps)
    played.play()
    #expect(played.run.ending == .played, "\(played.failure ?? "")")
    #expect(played.run.outcomes.first?.seen == "on: refuse-state:stop/EIO, now running")
    #expect(played.cast[.source]?.faults?.words == [])
  }

  @Test("have the value that the file gives them")
  func values() throws {
    let read = "[[steps]]\nsay = \"S.\"\nread = \"chunk\"\nexpect = { got = \"chunk\", bytes = 7 }"
    let played = try Played(
      steps: "[[steps]]\nsay = \"S.\"\nask = \"stop-copy\"\n[[steps]]\nsay = \"S.\"\ninject = \"short-reads:7\"\n"
        + read)
    played.play()
    #expect(played.run.ending == .played, "\(played.failure ?? "")")
    #expect(played.cast[.source]?.faults?.words == ["short-reads:7"])
  }

  @Test("fail their step on a device that has no switches, and when they are not on")
  func withoutSwitches() throws {
    let bare = try Played(steps: steps, hasSwitches: false)
    bare.play()
    #expect(
      bare.failure == "step 1 (switch on refuse-state:stop/EIO): refuse-state:stop/EIO can't be switched on: "
        + "only simulated devices have switches for faults")
    let off = try Played(steps: "[[steps]]\nsay = \"S.\"\nlift = \"die\"")
    off.play()
    #expect(off.failure == "step 1 (switch off die): die is not on")
  }

  @Test("are lifted again from a device that tells nothing any more")
  func gone() throws {
    let away = "[[steps]]\nsay = \"S.\"\ninject = \"die\"\n"
    let look = "[[steps]]\nsay = \"S.\"\nexpect = { state = \"running\" }\n"
    let back = try Played(steps: away + "[[steps]]\nsay = \"S.\"\nlift = \"die\"\n" + look)
    back.play()
    #expect(back.run.ending == .played, "\(back.failure ?? "")")
    let lost = try Played(steps: away + look)
    lost.play()
    #expect(lost.failure?.contains("the device does not tell its state any more: ENODEV") == true)
  }
}
