import Testing

@testable import Migration

/// The verdict on pre-copy, from made-up figures: bytes left, moved, at tenths of a second.
@Suite struct ConvergenceTests {
  private let start = ContinuousClock.now

  @Test func lessAndLessLeftConverges() throws {
    let judge = judge { tenth in (moved: 100 * tenth, remaining: 10_000 - 80 * tenth) }
    guard case .converging(let time) = judge.verdict else {
      Issue.record("\(judge.verdict)")
      return
    }
    // 1000 bytes a second, 800 fewer left each second; the target allows 100 bytes.
    #expect(time > .seconds(9) && time < .seconds(12))
    #expect(abs(judge.rate - 1000) < 1)
  }

  @Test func asMuchLeftAsBeforeDoesNot() {
    #expect(judge { tenth in (moved: 100 * tenth, remaining: 10_000) }.verdict == .notConverging)
    #expect(judge { tenth in (moved: 100 * tenth, remaining: 10_000 + 50 * tenth) }.verdict == .notConverging)
    // Falling by less than a twentieth of the rate is standing still.
    #expect(judge { tenth in (moved: 100 * tenth, remaining: 10_000 - 4 * tenth) }.verdict == .notConverging)
  }

  @Test func littleLeftMeetsTheTarget() {
    #expect(judge { tenth in (moved: 100 * tenth, remaining: 90) }.verdict == .targetMet)
    #expect(judge { _ in (moved: 0, remaining: 0) }.verdict == .targetMet)
  }

  @Test func nothingSeenIsNothingKnown() {
    #expect(Convergence(target: .seconds(1)).verdict == .unknown)
    #expect(judge(count: 2) { tenth in (moved: 100 * tenth, remaining: 10_000 - 80 * tenth) }.verdict == .unknown)
    #expect(judge { _ in (moved: 500, remaining: 10_000) }.verdict == .unknown)
  }

  @Test func oldFiguresAreForgotten() {
    var judge = judge { tenth in (moved: 100 * tenth, remaining: 10_000 - 80 * tenth) }
    for tenth in 40..<60 {
      judge.note(moved: 10_000, remaining: 9_000 + UInt64(tenth), at: start + .milliseconds(100 * tenth))
    }
    #expect(judge.rate == 0)
  }

  private func judge(count: Int = 10, _ figures: (UInt64) -> (moved: UInt64, remaining: UInt64)) -> Convergence {
    var convergence = Convergence(target: .milliseconds(100))
    for tenth in 0..<count {
      let (moved, remaining) = figures(UInt64(tenth))
      convergence.note(moved: moved, remaining: remaining, at: start + .milliseconds(100 * tenth))
    }
    return convergence
  }
}
