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
      let time = start + .milliseconds(100 * tenth)
      judge.note(moved: 10_000, in: .seconds(10), remaining: 9_000 + UInt64(tenth), at: time)
    }
    #expect(judge.rate == 0)
  }

  @Test func aDeviceThatGivesNoMoreThanItChangesIsJudgedByTheSpeedOfItsData() {
    // Emptied: 1000 bytes a second come, but they come in a tenth of the time.
    let judge = judge(idle: 10) { tenth in (moved: 100 * tenth, remaining: 900) }
    #expect(judge.verdict == .targetMet)
    #expect(abs(judge.rate - 1000) < 1)
  }

  @Test func aNewBeginningIsJudgedByItself() {
    var judge = judge { tenth in (moved: 100 * tenth, remaining: 10_000 - 80 * tenth) }
    judge.beginAnew()
    #expect(judge.verdict == .unknown)
    for tenth in 10..<20 {
      let (time, left) = (Duration.milliseconds(100 * tenth), 20_000 - 80 * UInt64(tenth))
      judge.note(moved: 100 * UInt64(tenth), in: time, remaining: left, at: start + time)
    }
    guard case .converging = judge.verdict else {
      Issue.record("\(judge.verdict)")
      return
    }
  }

  /// - Parameter idle: how much longer all lasts than data moves.
  private func judge(
    count: Int = 10, idle: Int = 1, _ figures: (UInt64) -> (moved: UInt64, remaining: UInt64)
  ) -> Convergence {
    var convergence = Convergence(target: .milliseconds(100))
    for tenth in 0..<count {
      let (moved, remaining) = figures(UInt64(tenth))
      let busy = Duration.milliseconds(100 * tenth) / idle
      convergence.note(moved: moved, in: busy, remaining: remaining, at: start + .milliseconds(100 * tenth))
    }
    return convergence
  }
}
