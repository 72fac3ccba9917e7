import Testing

@testable import Rulebook

@Suite("A scenario's file")
struct ScenarioFileTests {
  /// A file that is broken in one place.
  struct Broken: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int?
    let why: String

    init(_ text: String, line: Int?, _ why: String) { (self.text, self.line, self.why) = (text, line, why) }

    /// With the top as it should be, which is four lines.
    init(steps: String, line: Int, _ why: String) {
      self.init("title = \"T\"\nshows = \"S\"\nprotocol = \"v1\"\n\n" + steps, line: line, why)
    }

    var testDescription: String { why }
  }

  static let top: [Broken] = [
    Broken("title = \"T", line: 1, "Error while parsing"),
    Broken("", line: nil, "expected title, the scenario's title"),
    Broken("title = \"T\"\nshows = 5", line: 2, "shows is 5, expected a text in quotes"),
    Broken("title = \"T\"\nshows = \"S\"\nprotocol = \"v3\"", line: 3, "protocol is \"v3\", expected v1, v2"),
    Broken(
      "title = \"T\"\nshows = \"S\"\nprotocol = \"v1\"\nbegins = \"pre-copy-p2p\"", line: 4,
      "\"pre-copy-p2p\" is no state of v1, expected stop, running, stop-copy, pre-copy, resuming, error"),
    Broken("titel = \"T\"", line: 1, "unknown key titel, expected one of title, shows"),
    Broken("title = \"T\"\nshows = \"S\"\nprotocol = \"v1\"", line: nil, "expected [[steps]], one or more"),
    Broken(
      "title = \"T\"\nshows = \"S\"\nprotocol = \"v1\"\nlimit = 1e9", line: 4,
      "limit is 1000000000.0, expected seconds, more than 0 and up to 3600 s"),
  ]

  static let steps: [Broken] = [
    Broken(steps: "steps = 3", line: 5, "steps is 3, expected tables [[steps]]"),
    Broken(steps: "[[steps]]\nask = \"stop\"", line: 5, "expected say, a sentence about this step"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\n", line: 5, "expected one of ask, raw, reset"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nask = \"stop\"\nreset = true", line: 8,
      "ask and reset in one step, expected one of them"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\nask = \"halt\"", line: 7, "\"halt\" is no state of v1"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\ninject = \"deaf\"", line: 7,
      "\"deaf\" is no fault of a device of v1, expected one of refuse-state, ignore-state"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\nlift = \"endless\"", line: 7, "\"endless\" is no fault of a device of v1"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\ninject = \"short-reads\"", line: 7,
      "short-reads takes a value: short-reads:BYTES"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\ninject = \"die:7\"", line: 7, "die takes no value"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nneeds = \"p2p\"\nask = \"stop\"", line: 7, "\"p2p\" is no state of v1, expected"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nneeds = \"stop\"\nrepeat = 3\n[[steps.steps]]\nsay = \"S.\"\nask = \"stop\"",
      line: 7, "unknown key needs, expected one of say, on, repeat"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\nask = 3", line: 7, "ask is 3, expected a text in quotes"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\nreset = false", line: 7, "reset is false, expected true"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nask = \"stop\"\nwithin = 3", line: 8,
      "unknown key within, expected one of say, on, ask, expect"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\non = \"other\"\nask = \"stop\"", line: 7,
      "on is \"other\", expected source, destination"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nask = \"stop\"\n\n[[steps]]\nsay = \"S.\"\nread = \"half\"", line: 11,
      "read is \"half\", expected chunk, drain, all"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nload = \"whole\"\nfrom = \"x\"", line: 8,
      "no step before this one reads x, expected one"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nraw = -1", line: 7, "raw is -1, expected a number from 0 to 4294967295"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nwait = 100", line: 7,
      "wait is 100, expected seconds, more than 0 and up to 60 s"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nwait = 1\nuntil = { errno = \"any\" }", line: 8,
      "errno is told by no call here, expected state or a field"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nrepeat = 0\n[[steps.steps]]\nsay = \"S.\"\nask = \"stop\"", line: 7,
      "repeat is 0, expected a number from 2 to 1000"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\nrepeat = 3", line: 5, "expected [[steps.steps]], the steps to repeat"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nrepeat = 3\n[[steps.steps]]\nsay = \"S.\"\nask = \"go\"", line: 10,
      "\"go\" is no state of v1"),
    Broken(
      steps: """
        [[steps]]
        say = "S."
        repeat = 3
        [[steps.steps]]
        say = "S."
        repeat = 3
        [[steps.steps.steps]]
        say = "S."
        ask = "stop"
        """, line: 10, "a repeat inside a repeat, expected other steps"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nrepeat = 1000\n[[steps.steps]]\nsay = \"S.\"\nask = \"stop\"\n"
        + "[[steps.steps]]\nsay = \"S.\"\nask = \"stop\"", line: 11,
      "with its repetitions it has more steps than expected, 1000 at most"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nask = \"stop\"\nexpect = { dirty_bytes = 0 }", line: 8,
      "unknown key dirty_bytes, expected one of state, errno, got, bytes, chunks, pending_bytes"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nask = \"stop\"\n[steps.expect]\nstate = \"stop\"\nerrno = \"EOOPS\"", line: 10,
      "\"EOOPS\" is no errno, expected one such as EINVAL, or none, or any"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nexpect = { pending_bytes = \"a few\" }", line: 7,
      "pending_bytes is \"a few\", expected a number, or one behind < <= = != >= >"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nexpect = { pending_bytes = \"> before\" }", line: 7,
      "\"before\" is no number, and no step before this one remembers it"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nask = \"stop\"\nexpect = { got = \"end\" }", line: 8,
      "got is expected, which only a step that reads can tell"),
    Broken(
      steps: "[[steps]]\nsay = \"S.\"\nremember = \"pending\"\nas = \"x\"", line: 7,
      "\"pending\" is no field of v1, expected pending_bytes, data_offset, data_size"),
    Broken(steps: "[[steps]]\nsay = \"S.\"\nexpect = {}", line: 7, "expect is empty, expected what is to be so"),
    Broken(
      steps: "devices = [\"a\", \"b\"]\n[[steps]]\nsay = \"S.\"\nask = \"stop\"", line: 5, "2 devices, expected 1"),
  ]

  @Test("that is broken is refused with its line and what was expected", arguments: top + steps)
  func broken(_ broken: Broken) {
    let error = #expect(throws: ScenarioError.self) {
      try Scenario(name: "x", file: "dir/x.toml", text: broken.text)
    }
    #expect(error?.line == broken.line, "\(error?.description ?? "")")
    #expect(error?.why.hasPrefix(broken.why) == true, "\(error?.why ?? "")")
    let place = broken.line.map { "dir/x.toml:\($0): " } ?? "dir/x.toml: "
    #expect(error?.description.hasPrefix(place) == true)
  }

  @Test("says what is done and expected, in words")
  func words() throws {
    let scenario = try Scenario(
      steps: """
        [[steps]]
        say = "It has a text with
        ask = no key."
        raw = 12
        expect = { errno = ["EINVAL", "none"], state = ["stop", "running"] }
        [[steps]]
        say = "S."
        remember = "initial_bytes"
        as = "before"
        [[steps]]
        say = "S."
        repeat = 4
        until = { initial_bytes = "<= before", dirty_bytes = 0 }
        [[steps.steps]]
        say = "S."
        on = "destination"
        read = "chunk"
        expect = { got = ["chunk", "end"], bytes = ">= 4096" }
        """.replacing("with\nask", with: "with ask"))
    #expect(
      scenario.steps.map(\.action.words) == [
        "ask for the number 0xc", "remember initial_bytes as before",
        "until initial_bytes <= before, dirty_bytes = 0, 4 times at most", "read a chunk",
      ])
    #expect(
      scenario.steps.map { "\($0.expected)" } == [
        "EINVAL or success, state stop or running", "success", "success", "a chunk or the end, bytes >= 4096",
      ])
    #expect(scenario.steps.map(\.line) == [5, 9, 13, 17])
    #expect(scenario.roles == [.source, .destination])
    #expect(scenario.harm == .crash)
    #expect(scenario.harm(to: .destination) == .perturb)
  }

  @Test("may hold a text over several lines, in which nothing is a key")
  func longText() {
    let text = "title = \"\"\"\nask = 1\n[[steps]]\n\"\"\"\nshows = 5"
    let error = #expect(throws: ScenarioError.self) { try Scenario(name: "x", file: "x", text: text) }
    #expect(error?.line == 5)
  }

  @Test(
    "tells the worst it may do by where its device may be",
    arguments: [
      ("running", "ask = \"stop\"", "ask = \"running\"", Rule.Harm.perturb),
      ("running", "ask = \"stop\"", "ask = \"pre-copy\"", .lose),
      ("running", "ask = \"pre-copy\"", "ask = \"stop-copy\"", .perturb),
      ("running", "ask = \"pre-copy\"", "ask = \"stop\"", .lose),
      ("stop", "wait = 0.1", "ask = \"pre-copy\"", .lose),
      ("running", "wait = 0.1", "ask = \"error\"", .crash),
      ("running", "wait = 0.1", "inject = \"die\"", .lose),
      ("running", "wait = 0.1", "inject = \"refuse-state:stop/EIO\"", .perturb),
      ("running", "wait = 0.1", "lift = \"die\"", .none),
      ("running", "wait = 0.1", "wait = 0.1", .none),
      // It may be refused and still run: nothing is passed on the way then, but who knows.
      ("running", "ask = \"stop\"\nexpect = { errno = \"any\" }", "ask = \"pre-copy\"", .lose),
    ])
  func harm(begins: String, first: String, second: String, harm: Rule.Harm) throws {
    let steps = "[[steps]]\nsay = \"S.\"\n\(first)\n[[steps]]\nsay = \"S.\"\n\(second)\n"
    #expect(try Scenario(steps: steps, top: "begins = \"\(begins)\"").harm == harm)
  }

  @Test("that repeats may do what only its second round does")
  func secondRound() throws {
    let scenario = try Scenario(
      steps: """
        [[steps]]
        say = "S."
        repeat = 2
        [[steps.steps]]
        say = "S."
        ask = "pre-copy"
        [[steps.steps]]
        say = "S."
        ask = "stop-copy"
        """)
    #expect(scenario.harm == .perturb)
    let other = try Scenario(
      steps: """
        [[steps]]
        say = "S."
        repeat = 2
        [[steps.steps]]
        say = "S."
        ask = "running-p2p"
        [[steps.steps]]
        say = "S."
        ask = "pre-copy"
        """)
    #expect(other.harm == .lose)
  }
}
