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

  @Test func aReaderAsksForWhatIsNew() {
    let journal = Journal()
    journal.record(reset)
    journal.record(reset)
    #expect(journal.entries(from: 1).map(\.number) == [1])
    #expect(journal.entries(from: 2).isEmpty)
    #expect(journal.entries(from: 99).isEmpty)
  }

  private var reset: Access {
    Access(operation: .reset, result: 0, failure: nil, payload: [], start: .now, duration: .zero)
  }
}
