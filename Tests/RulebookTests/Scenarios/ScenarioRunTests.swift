import Migration
import Simulator
import Synchronization
import Testing
import VFIO

@testable import Rulebook

@Suite("A scenario that is played")
struct ScenarioRunTests {
  private let toPreCopy = "[[steps]]\nsay = \"S.\"\nask = \"pre-copy\"\n"

  @Test("goes step by step, and says after each what was seen and where the device is")
  func stepByStep() throws {
    let played = try Played("v2-no-way-back", on: ["v2-reference,size=64K"])
    #expect(played.run.next == 0)
    played.run.playNext(on: played.cast)
    #expect(played.run.next == 1)
    #expect(played.run.outcomes.map(\.seen) == ["now stop-copy"])
    #expect(played.session?.presentState == .v2(.stopCopy))
    played.run.playNext(on: played.cast)
    #expect(played.run.outcomes.last?.seen == "EINVAL (Invalid argument), now stop-copy")
    #expect(played.run.ending == nil)
    played.run.playNext(on: played.cast)
    played.run.playNext(on: played.cast)
    #expect(played.run.ending == .played)
    #expect(played.run.outcomes.last?.state == .v2(.running))
    // Nothing is left to be played.
    played.run.playNext(on: played.cast)
    #expect(played.run.outcomes.count == 4)
  }

  @Test("repeats until something is so, which may be what the last step has read")
  func repeats() throws {
    let played = try Played(
      steps: """
        [[steps]]
        say = "S."
        ask = "stop-copy"
        [[steps]]
        say = "S."
        repeat = 50
        until = { got = "end" }
        [[steps.steps]]
        say = "S."
        read = "chunk"
        expect = { got = ["chunk", "end"] }
        [[steps]]
        say = "S."
        ask = "running"
        """)
    played.play()
    #expect(played.run.ending == .played, "\(played.failure ?? "")")
    #expect(played.run.outcomes.map(\.step) == [0, 2, 2, 3])
    #expect(played.run.outcomes.map(\.round) == [nil, 1, 2, nil])
  }

  @Test("that goes round for ever ends after its last time, and names the step and what is not so")
  func endless() throws {
    let played = try Played(
      steps: toPreCopy + """
        [[steps]]
        say = "S."
        repeat = 3
        until = { initial_bytes = 0 }
        [[steps.steps]]
        say = "S."
        wait = 0.01
        """)
    played.play()
    #expect(
      played.failure
        == "step 2 (until initial_bytes = 0, 3 times at most): after 3 times expected initial_bytes = 0, seen 65536.")
    #expect(played.run.outcomes.count == 4)
  }

  @Test("ends when its time is over")
  func time() throws {
    let played = try Played(
      try Scenario(
        steps: """
          [[steps]]
          say = "S."
          repeat = 100
          [[steps.steps]]
          say = "S."
          wait = 0.1
          """, top: "limit = 0.15"), on: ["v2-reference,size=64K"])
    played.play()
    #expect(played.failure?.hasSuffix("no end after 0.15 s of steps.") == true, "\(played.failure ?? "")")
    #expect(played.run.outcomes.count < 4)
  }

  @Test("waits until something is so, and says what was not")
  func waits() throws {
    let waiting = toPreCopy + "[[steps]]\nsay = \"S.\"\nwait = 0.05\nuntil = { dirty_bytes = \"> 0\" }"
    let played = try Played(steps: waiting)
    played.play()
    #expect(
      played.failure == "step 2 (wait, 0.05 s at most): waited in vain: expected dirty_bytes > 0, seen 0")
    let dirtying = try Played(
      steps: toPreCopy + "[[steps]]\nsay = \"S.\"\nread = \"drain\"\n" + "[[steps]]\nsay = \"S.\"\nwait = 20\n"
        + "until = { dirty_bytes = \"> 0\" }", on: "v2-reference,size=64K,dirty=64K")
    dirtying.play()
    #expect(dirtying.run.ending == .played, "\(dirtying.failure ?? "")")
  }

  @Test("compares with what it remembers")
  func remembers() throws {
    let played = try Played(
      steps: toPreCopy + """
        [[steps]]
        say = "S."
        remember = "initial_bytes"
        as = "before"
        [[steps]]
        say = "S."
        read = "drain"
        expect = { initial_bytes = "< before", chunks = "> 0" }
        [[steps]]
        say = "S."
        expect = { initial_bytes = "= before" }
        """)
    played.play()
    #expect(
      played.failure == "step 4 (look): expected initial_bytes = before (before was 65536), seen 0")
  }

  @Test("says that a value has no meaning, instead of making one up")
  func undefined() throws {
    let played = try Played(steps: "[[steps]]\nsay = \"S.\"\nexpect = { initial_bytes = 0 }")
    played.play()
    #expect(
      played.failure
        == "step 1 (look): expected initial_bytes = 0, seen nothing: it has no meaning in this state")
  }

  @Test("names the step at which its device has gone away")
  func gone() throws {
    let played = try Played("v2-save-restore")
    played.run.playNext(on: played.cast)
    played.devices[0].release()
    played.play()
    #expect(
      played.failure
        == "step 2 (look): the device does not tell its state any more: ENODEV (No such device)")
    #expect(played.run.outcomes.last?.state == nil)
    #expect(played.session?.journal.entries().isEmpty == false)
  }

  @Test("names the device that is not there any more")
  func missing() throws {
    let played = try Played("v2-save-restore")
    played.run.playNext(on: played.cast)
    played.run.playToEnd(on: [:])
    #expect(played.failure == "The source is not open any more.")
    #expect(ScenarioRun(played.run.scenario).misfit([:]) == "The source is not open.")
  }

  @Test("is given up between two steps, and in the middle of one that waits")
  func cancelled() throws {
    let played = try Played(steps: "[[steps]]\nsay = \"S.\"\nwait = 50")
    played.run.playNext(on: played.cast, isCancelled: { true })
    #expect(played.run.ending == .cancelled)
    #expect(played.run.outcomes.isEmpty)
    let waiting = try Played(steps: "[[steps]]\nsay = \"S.\"\nwait = 50")
    let asked = Atomic(0)
    waiting.run.playNext(on: waiting.cast, isCancelled: { asked.add(1, ordering: .relaxed).newValue > 3 })
    #expect(waiting.run.ending == .cancelled)
    #expect(waiting.run.outcomes.count == 1)
  }

  @Test("does no more to a device than it has said, wherever the device has got to")
  func harmless() throws {
    let played = try Played(steps: "[[steps]]\nsay = \"S.\"\nexpect = { state = \"running\" }\n" + toPreCopy)
    #expect(played.run.scenario.harm == .perturb)
    played.run.playNext(on: played.cast)
    played.session?.step(.state(.v2(.stop)))
    played.play()
    // The way to pre-copy leads through running now.
    #expect(
      played.failure
        == "step 2 (ask for pre-copy): from stop this would do more to the device than the scenario says (perturb); not asked"
    )
    #expect(played.session?.presentState == .v2(.stop))
  }

  @Test("leaves a device that answers success and stays where it is no way out")
  func lie() throws {
    var lying = Interference()
    lying.feature = { call, forward in call.state == nil ? forward(call) : FeatureAnswer(data: call.data) }
    let scenario = try Scenario(steps: "[[steps]]\nsay = \"S.\"\nask = \"stop\"\nexpect = { errno = \"none\" }")
    let played = try Played(scenario, on: ["v2-reference,size=64K"], lying)
    played.play()
    #expect(played.failure?.contains("reported success, but the state read back is running, not stop") == true)
  }
}

@Suite("Data that a scenario damages")
struct DamageTests {
  private let chunks: [[UInt8]] = [[1, 2, 3], [4, 5], [6]]

  private func damaged(_ damage: Scenario.Damage, _ chunks: [[UInt8]], keepsChunks: Bool) throws -> [[UInt8]]? {
    let data = SavedData()
    return try damage.applied(to: chunks.map { try data.add($0) }, keepsChunks: keepsChunks)?.map { try $0.bytes() }
  }

  @Test("keep the boundaries of their chunks where those mean something")
  func chunked() throws {
    #expect(try damaged(.whole, chunks, keepsChunks: true) == chunks)
    #expect(try damaged(.cut, chunks, keepsChunks: true) == [[1, 2, 3], [4, 5]])
    #expect(try damaged(.cut, [[1, 2, 3, 4]], keepsChunks: true) == [[1, 2]])
    #expect(try damaged(.flipped, chunks, keepsChunks: true) == [[1, 2, 3], [5, 5], [6]])
    #expect(try damaged(.reordered, chunks, keepsChunks: true) == [[4, 5], [1, 2, 3], [6]])
    #expect(try damaged(.reordered, [[1, 2]], keepsChunks: true) == nil)
  }

  @Test("are one stream where they do not")
  func stream() throws {
    #expect(try damaged(.cut, chunks, keepsChunks: false) == [[1, 2, 3]])
    #expect(try damaged(.reordered, chunks, keepsChunks: false) == [[4, 5, 6], [1, 2, 3]])
    #expect(try damaged(.flipped, [[7]], keepsChunks: false) == nil)
    #expect(try damaged(.whole, [], keepsChunks: false) == [])
  }
}
