import Testing
import VFIO

@testable import Migration

/// The pairs of protocol v1 as the document draws them and as its clients need them.
@Suite struct V1ArcsTests {
  @Test func theFiveDrawnFlowsAreTheDocuments() {
    let drawn: Set<[V1State]> = [
      [.running, .stop],  // shutdown
      [.running, .stopCopy], [.stopCopy, .stop],  // save
      [.running, .preCopy], [.preCopy, .stopCopy],  // live
      [.running, .resuming],
      [.resuming, .running],
    ]
    for from in V1State.valid {
      for to in V1State.valid where from != to {
        let standing = V1Arcs.standing(from: from, to: to)
        #expect(standing?.contains(.drawn) == drawn.contains([from, to]), "\(from.name) to \(to.name)")
      }
    }
    #expect(V1Arcs.drawn.count == drawn.count)
  }

  @Test func givingUpIsNeededThoughNotDrawn() {
    #expect(V1Arcs.standing(from: .preCopy, to: .running)?.isSuperset(of: [.abort, .qemu]) == true)
    #expect(V1Arcs.standing(from: .stopCopy, to: .running)?.isSuperset(of: [.abort, .qemu]) == true)
  }

  @Test func qemuAsksForExactlyThesePairs() {
    let asked: Set<[V1State]> = [
      [.stop, .running], [.stop, .stopCopy], [.running, .running], [.running, .stop], [.running, .stopCopy],
      [.running, .preCopy], [.running, .resuming], [.stopCopy, .stop], [.stopCopy, .running], [.stopCopy, .stopCopy],
      [.preCopy, .running], [.preCopy, .stopCopy], [.resuming, .running],
    ]
    for from in V1State.valid {
      for to in V1State.valid {
        #expect(V1Arcs.standing(from: from, to: to)?.contains(.qemu) == asked.contains([from, to]))
      }
    }
  }

  @Test func libvfioUserRefusesWhatItsCodeRefuses() {
    let refused: Set<[V1State]> = [
      [.stop, .stopCopy], [.stop, .preCopy], [.stop, .resuming], [.stopCopy, .preCopy], [.stopCopy, .resuming],
      [.preCopy, .preCopy], [.preCopy, .resuming], [.resuming, .stop], [.resuming, .stopCopy], [.resuming, .preCopy],
    ]
    for from in V1State.valid {
      for to in V1State.valid {
        let standing = V1Arcs.standing(from: from, to: to) ?? []
        let done = !standing.isDisjoint(with: [.libvfioUser, .libvfioUserByAccident])
        #expect(done != refused.contains([from, to]), "\(from.name) to \(to.name)")
      }
    }
  }

  @Test func reservedBitsAreNoPartOfTheState() {
    let marked = V1State(rawValue: 0x101)
    #expect(V1Arcs.standing(from: marked, to: .stop) == V1Arcs.standing(from: .running, to: .stop))
  }

  @Test func theErrorStateAndTheInvalidCodesStandNowhere() {
    for number: UInt32 in [5, 6, 7] {
      #expect(V1Arcs.standing(from: .running, to: V1State(rawValue: number)) == nil)
      #expect(V1Arcs.standing(from: V1State(rawValue: number), to: .running) == nil)
    }
  }
}
