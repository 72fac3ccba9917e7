import Dispatch
import Glibc
import Testing
import VFIO

@testable import Migration

@Suite struct JournalTests {
  @Test func itKeepsTheLastEntriesAndTheirNumbers() {
    let journal = Journal(capacity: 8)
    for _ in 0..<20 { journal.record(reset) }
    let entries = journal.entries()
    #expect(entries.count <= 8)
    #expect(entries.last?.number == 19)
    #expect(entries.map(\.number) == Array(entries[0].number...19))
  }

  @Test func theLastStepIsFoundUntilItIsPushedOut() {
    let journal = Journal(capacity: 8)
    let step = StepResult(requested: .reset, from: nil, plan: nil, failure: nil, reached: nil, duration: .zero)
    for _ in 0..<6 { journal.record(reset) }
    journal.record(step)
    for _ in 0..<7 { journal.record(reset) }
    #expect(journal.lastStep == step)
    #expect(journal.entries().first?.entry == .step(step))
    journal.record(reset)
    #expect(journal.lastStep == nil)
  }

  @Test func anEntryLeavesNothingToTheOneThatTakesItsPlace() {
    let journal = Journal(capacity: 1)
    let step = StepResult(requested: .reset, from: nil, plan: nil, failure: nil, reached: nil, duration: .zero)
    let failed = Access(
      operation: .attach(call: "BIND_IOMMUFD"), result: 7, failure: .absent("nothing is there"), payload: [1, 2, 3],
      start: .now, duration: .seconds(1))
    let done = reset
    for _ in 0..<2 {
      journal.record(failed)
      #expect(journal.entries().map(\.entry) == [.access(failed, looking: false)])
      journal.record(done)
      #expect(journal.entries().map(\.entry) == [.access(done, looking: false)])
      journal.record(step)
      #expect(journal.entries().map(\.entry) == [.step(step)])
    }
    journal.looking { journal.record(failed) }
    #expect(journal.entries().map(\.entry) == [.step(step), .access(failed, looking: true)])
  }

  @Test func looksDoNotPushOutWhatWasDone() {
    let journal = Journal(capacity: 8)
    journal.record(reset)
    journal.looking { for _ in 0..<100 { journal.record(reset) } }
    #expect(journal.entries(withLooks: false).map(\.number) == [0])
    let all = journal.entries().map(\.number)
    #expect(all.first == 0)
    #expect(all == all.sorted())
    #expect(all.last == 100)
  }

  @Test func whatIsNewIsFoundWhereTheRingGoesRound() {
    let journal = Journal(capacity: 8)
    for _ in 0..<19 { journal.record(reset) }
    for first in 0..<20 {
      #expect(journal.entries(from: first).map(\.number) == Array(max(first, 11)..<19))
    }
  }

  @Test func aReaderAsksForWhatIsNew() {
    let journal = Journal()
    journal.record(reset)
    journal.record(reset)
    #expect(journal.entries(from: 1).map(\.number) == [1])
    #expect(journal.entries(from: 2).isEmpty)
    #expect(journal.entries(from: 99).isEmpty)
  }

  @Test func aCallIsOpenUntilItIsRecorded() {
    let journal = Journal()
    #expect(journal.open == nil)
    let start = Moment.now
    journal.begin(.reset, at: start)
    #expect(journal.open == Journal.Open(operation: .reset, step: nil, start: start))
    journal.record(reset)
    #expect(journal.open == nil)
  }

  @Test func aDeviceThatHangsIsWaitedForInItsStep() throws {
    let device = try SimulatedSession("v2-reference,hang=stop")
    let journal = device.session.journal
    _ = device.session.presentState
    #expect(journal.open == nil)
    nonisolated(unsafe) let session = device.session
    let hung = DispatchGroup()
    // No task: those share a few threads, and this one is lost while the device hangs.
    DispatchQueue(label: "hung").async(group: hung) { session.step(.state(.v2(.stop))) }
    let change = Operation.feature(argsz: 16, flags: FeatureFlags.set.of(.migDeviceState))
    let deadline = ContinuousClock.now + .seconds(20)
    while journal.open?.operation != change, ContinuousClock.now < deadline { usleep(1000) }
    #expect(journal.open?.operation == change)
    #expect(journal.open?.step == .state(.v2(.stop)))
    #expect(journal.lastState == .v2(.running))
    device.vanish()
    hung.wait()
    #expect(journal.open == nil)
  }

  private var reset: Access {
    Access(operation: .reset, result: 0, failure: nil, payload: [], start: .now, duration: .zero)
  }
}
