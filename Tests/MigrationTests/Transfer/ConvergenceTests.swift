import Testing

@testable import Migration

/// The verdict on pre-copy, from made-up figures: bytes left, moved, at tenths of a second.
@Suite struct ConvergenceTests {
  private let start = ContinuousClock.now

  @Test func lessAndLessLeftConverges() {
    // 1000 bytes a second, 800 fewer left each second; the target allows 100 bytes. Of what is clean by now, 200 bytes a
    // second become dirty: if they become so anywhere, it will be 250 when all is clean.
    let judge = judge(count: 101) { tenth in (moved: 100 * tenth, remaining: 10_000 - 80 * tenth) }
    #expect(judge.converges(within: 2.3...2.7))
    // Nothing becomes dirty: that is a line.
    let line = self.judge { tenth in (moved: 100 * tenth, remaining: 10_000 - 100 * tenth) }
    #expect(line.converges(within: 8.9...9.1))
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

  /// A device that makes so many pages of its memory dirty each second, at random, while 100 a tenth are moved.
  @Test(arguments: [1200, 2000, 5000]) func aDeviceThatIsFasterIsNeverSaidToConverge(dirtying: Double) {
    let pages = Pages(of: 5000, dirtying: dirtying)
    let verdicts = (4...120).map { judge(count: $0, pages.figures).verdict }
    #expect(verdicts.allSatisfy { $0 == .unknown || $0 == .notConverging })
    // From some time on it is said, once and for all.
    let first = verdicts.firstIndex(of: .notConverging)
    #expect(first.map { verdicts[$0...].allSatisfy { $0 == .notConverging } } == true)
  }

  @Test(arguments: [0, 100, 500, 800]) func aDeviceThatIsSlowerConvergesWhenItWasSaid(dirtying: Double) {
    let pages = Pages(of: 5000, dirtying: dirtying)
    let end = (1...).first { pages.left(after: $0) <= 100 } ?? 0
    let verdicts = (4..<end).map { judge(count: $0, pages.figures).verdict }
    #expect(!verdicts.contains(.notConverging))
    // Half way at the latest, and to a tenth.
    for count in end / 2..<end - 10 {
      let left = Double(end - count + 1) / 10
      #expect(judge(count: count, pages.figures).converges(within: left * 0.9 - 0.1...left * 1.1 + 0.1))
    }
  }

  /// All bits set is also what the registers of a device that is gone give.
  @Test func anyNumberMayBeLeft() {
    let endless = judge(speed: 1e-9) { tenth in (moved: tenth, remaining: .max - 1 << 40 * tenth) }
    #expect(endless.estimatedDowntime == .seconds(3e16))
    // Nine bytes a tenth of a second, and all of what is clean becomes dirty but for these.
    for moved in [1, 9, 1000] as [UInt64] {
      for fewer in [1, 9, 900, 1 << 40] as [UInt64] {
        let judge = judge(speed: 10) { tenth in (moved: moved * tenth, remaining: .max - fewer * tenth) }
        #expect(judge.verdict != .targetMet)
      }
    }
  }

  @Test func oldFiguresAreForgotten() {
    var judge = judge { tenth in (moved: 100 * tenth, remaining: 10_000 - 80 * tenth) }
    for tenth in 40..<60 {
      let time = start + .milliseconds(100 * tenth)
      judge.note(moved: 10_000, speed: 1000, remaining: 9_000 + UInt64(tenth), at: time)
    }
    // Of nothing that moves nothing can be said.
    #expect(judge.verdict == .unknown)
  }

  @Test func aDeviceThatGivesNoMoreThanItChangesIsJudgedByTheSpeedOfItsData() {
    // Emptied: 1000 bytes a second come, but they come in a tenth of the time.
    let judge = judge(speed: 10_000) { tenth in (moved: 100 * tenth, remaining: 900) }
    #expect(judge.verdict == .targetMet)
  }

  @Test func aNewBeginningIsJudgedByItself() {
    var judge = judge { tenth in (moved: 100 * tenth, remaining: 10_000 - 100 * tenth) }
    judge.beginAnew()
    #expect(judge.verdict == .unknown)
    for tenth in 10..<20 {
      let left = 20_000 - 100 * UInt64(tenth)
      judge.note(moved: 100 * UInt64(tenth), speed: 1000, remaining: left, at: start + .milliseconds(100 * tenth))
    }
    #expect(judge.converges(within: 17.9...18.1))
  }

  private func judge(
    count: Int = 10, speed: Double = 1000, _ figures: (UInt64) -> (moved: UInt64, remaining: UInt64)
  ) -> Convergence {
    var convergence = Convergence(target: .milliseconds(100))
    for tenth in 0..<count {
      let (moved, remaining) = figures(UInt64(tenth))
      convergence.note(moved: moved, speed: speed, remaining: remaining, at: start + .milliseconds(100 * tenth))
    }
    return convergence
  }
}

/// Pages that become dirty at random while others are moved, 1000 a second.
private struct Pages {
  private let course: [Double]

  init(of count: Double, dirtying: Double) {
    var course = [count]
    // In thousandths of a second, so that one page more or less makes no difference.
    for _ in 0..<300_00 {
      let left = course[course.count - 1]
      course.append(max(0, left - 1 + dirtying / 1000 * (1 - left / count)))
    }
    self.course = stride(from: 0, to: course.count, by: 100).map { course[$0] }
  }

  func left(after tenth: Int) -> Double { tenth < course.count ? course[tenth] : 0 }

  func figures(_ tenth: UInt64) -> (moved: UInt64, remaining: UInt64) {
    (moved: 100 * tenth, remaining: UInt64(left(after: Int(tenth)).rounded()))
  }
}

extension Convergence {
  /// Whether it is said to meet the target in so many seconds.
  fileprivate func converges(within seconds: ClosedRange<Double>) -> Bool {
    guard case .converging(let time) = verdict else { return false }
    return seconds.contains(time / .seconds(1))
  }
}
