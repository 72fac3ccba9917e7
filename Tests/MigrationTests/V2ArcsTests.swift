import Testing
import VFIO

@testable import Migration

/// The paths as the kernel's own table gives them (vfio_main.c, `vfio_from_fsm_table`), one line a pair: the states on
/// the way, `+` where a new data fd comes back, `-` where the request is refused.
@Suite struct V2ArcsTests {
  private static let letters: [String: V2State] = [
    "S": .stop, "R": .running, "RP": .runningP2P, "PC": .preCopy, "PP": .preCopyP2P, "SC": .stopCopy, "RS": .resuming,
  ]

  private static let all = """
    S: S | S·RP·R | S·RP | S·RP·R·PC+ | S·RP·PP+ | S·SC+ | S·RS+
    R: R·RP·S | R | R·RP | R·PC+ | R·RP·PP+ | R·RP·S·SC+ | R·RP·S·RS+
    RP: RP·S | RP·R | RP | RP·R·PC+ | RP·PP+ | RP·S·SC+ | RP·S·RS+
    PC: PC·R·RP·S | PC·R | PC·R·RP | PC | PC·PP | PC·PP·SC | PC·R·RP·S·RS+
    PP: PP·RP·S | PP·RP·R | PP·RP | PP·PC | PP | PP·SC | PP·RP·S·RS+
    SC: SC·S | SC·S·RP·R | SC·S·RP | - | - | SC | SC·S·RS+
    RS: RS·S | RS·S·RP·R | RS·S·RP | RS·S·RP·R·PC+ | RS·S·RP·PP+ | RS·S·SC+ | RS
    """
  private static let p2p = """
    S: S | S·RP·R | S·RP | S·SC+ | S·RS+
    R: R·RP·S | R | R·RP | R·RP·S·SC+ | R·RP·S·RS+
    RP: RP·S | RP·R | RP | RP·S·SC+ | RP·S·RS+
    SC: SC·S | SC·S·RP·R | SC·S·RP | SC | SC·S·RS+
    RS: RS·S | RS·S·RP·R | RS·S·RP | RS·S·SC+ | RS
    """
  private static let preCopy = """
    S: S | S·R | S·R·PC+ | S·SC+ | S·RS+
    R: R·S | R | R·PC+ | R·S·SC+ | R·S·RS+
    PC: PC·R·S | PC·R | PC | PC·SC | PC·R·S·RS+
    SC: SC·S | SC·S·R | - | SC | SC·S·RS+
    RS: RS·S | RS·S·R | RS·S·R·PC+ | RS·S·SC+ | RS
    """
  private static let stopCopy = """
    S: S | S·R | S·SC+ | S·RS+
    R: R·S | R | R·S·SC+ | R·S·RS+
    SC: SC·S | SC·S·R | SC | SC·S·RS+
    RS: RS·S | RS·S·R | RS·S·SC+ | RS
    """

  private static let documents: [(UInt64, String, [String])] = [
    (7, all, ["S", "R", "RP", "PC", "PP", "SC", "RS"]), (3, p2p, ["S", "R", "RP", "SC", "RS"]),
    (5, preCopy, ["S", "R", "PC", "SC", "RS"]), (1, stopCopy, ["S", "R", "SC", "RS"]),
  ]

  @Test(arguments: documents)
  func everyPathIsTheDocuments(flags: UInt64, table: String, columns: [String]) throws {
    let arcs = V2Arcs(flags: V2Flags(rawValue: flags))
    for line in table.split(separator: "\n") {
      let parts = line.split(separator: ":")
      let from = try #require(Self.letters[String(parts[0].drop { $0 == " " })])
      let cells = parts[1].split(separator: "|").map { $0.filter { $0 != " " } }
      #expect(cells.count == columns.count)
      for (column, cell) in zip(columns, cells) {
        let goal = try #require(Self.letters[column])
        let path = arcs.path(from: from, to: goal)
        let expected =
          cell == "-" ? nil : cell.filter { $0 != "+" }.split(separator: "·").map { Self.letters[String($0)] }
        #expect(path == expected?.compactMap { $0 }, "flags \(flags): \(from.name) to \(goal.name)")
        if let path { #expect(V2Arcs.opensSession(path) == cell.hasSuffix("+"), "\(from.name) to \(goal.name)") }
      }
    }
  }

  @Test(arguments: [(1, 6), (3, 8), (5, 9), (7, 15)] as [(UInt64, Int)])
  func thereAreAsManyArcsAsTheDocumentCounts(flags: UInt64, count: Int) {
    #expect(Set(V2Arcs(flags: V2Flags(rawValue: flags)).all).count == count)
  }

  @Test func errorIsNeitherEnteredNorLeftByAsking() {
    let arcs = V2Arcs(flags: V2Flags(rawValue: 7))
    for state in V2State.known where state != .error {
      #expect(arcs.path(from: .error, to: state) == nil)
      #expect(arcs.path(from: state, to: .error) == nil)
    }
  }

  @Test func sessionsEndWhenTheirStatesAreLeft() {
    #expect(V2Arcs.endsSession([.stopCopy, .stop]))
    #expect(V2Arcs.endsSession([.resuming, .stop]))
    #expect(V2Arcs.endsSession([.preCopy, .running]))
    #expect(!V2Arcs.endsSession([.preCopy, .preCopyP2P, .stopCopy]))
    #expect(!V2Arcs.endsSession([.preCopy]))
    #expect(!V2Arcs.endsSession([.running, .stop]))
  }
}
