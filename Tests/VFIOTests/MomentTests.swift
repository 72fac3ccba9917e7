import Testing
import VFIO

@Suite struct MomentTests {
  @Test(arguments: [Duration.zero, .nanoseconds(1), .seconds(-3), .seconds(90_000) + .nanoseconds(123_456_789)])
  func itIsTheSameInstant(distance: Duration) {
    let instant = ContinuousClock.now + distance
    #expect(Moment(instant).instant == instant)
    #expect(Moment(instant) + .milliseconds(5) == Moment(instant + .milliseconds(5)))
  }

  @Test func itGoesAsTheClockGoes() {
    let (first, second) = (Moment.now, Moment.now)
    #expect(first <= second)
    #expect(first.duration(to: second) == first.instant.duration(to: second.instant))
    #expect(first.duration(to: second) == .nanoseconds(first.nanoseconds(to: second)))
    // Both are the same clock: what the first conversion costs is far below this.
    #expect(abs(Moment.now.instant.duration(to: .now) / .milliseconds(1)) < 100)
  }
}
