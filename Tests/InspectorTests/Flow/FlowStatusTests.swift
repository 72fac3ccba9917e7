import Testing
import VFIO

@testable import Inspector
@testable import Migration

@Suite("The figures of a flow")
struct FlowStatusTests {
  private func sample(_ seconds: Double, initial: UInt64 = 0, isReinit: Bool = false) -> FlowSamples.Sample {
    var estimate = Estimate()
    (estimate.initial, estimate.isReinit) = (initial, isReinit)
    return FlowSamples.Sample(time: .seconds(seconds), estimate: estimate, rate: 1, bytes: 1)
  }

  @Test("fit into the same room after an hour as after a minute, from the first to the newest")
  func thinned() {
    var (samples, isRight) = (FlowSamples(), true)
    for tenth in 0..<36000 {
      let newest = sample(Double(tenth) / 10)
      samples.add(newest)
      isRight = isRight && samples.all.last == newest && samples.all.count <= FlowSamples.limit
    }
    #expect(isRight)
    #expect(samples.all.count > FlowSamples.limit / 4)
    #expect(samples.all.first.map { $0.time < .seconds(60) } == true)
    let gaps = zip(samples.all, samples.all.dropFirst()).map { $1.time - $0.time }
    #expect(gaps.max().map { $0 < .seconds(30) } == true)
    #expect(gaps.allSatisfy { $0 > .zero })
  }

  @Test("keep each new beginning, and only the beginnings")
  func reinits() {
    var samples = FlowSamples()
    for (second, initial, flag) in [
      (0, 9, false), (1, 5, false), (2, 8, true), (3, 4, true), (4, 7, true), (5, 0, false),
    ] {
      samples.add(sample(Double(second), initial: UInt64(initial), isReinit: flag))
    }
    #expect(samples.reinits == [.seconds(2), .seconds(4)])
    for second in 6..<2000 { samples.add(sample(Double(second), initial: UInt64(second), isReinit: true)) }
    #expect(samples.reinits.count == 64)
    #expect(samples.reinits.last == .seconds(1999))
  }

  @Test("tell the phases while they go on")
  func phases() {
    var status = FlowStatus(begun: .now)
    status.note(.at(1, .preCopy, bytes: 100), at: .now)
    status.note(.at(3, .preCopy, bytes: 300), at: .now)
    status.note(.at(4, .stopCopy, bytes: 350), at: .now)
    #expect(status.phases.map(\.state) == ["pre-copy", "stop-copy"])
    #expect(status.phases.map(\.bytes) == [300, 50])
    #expect(status.phases.map(\.duration) == [.seconds(3), .seconds(1)])
    #expect(status.stopped == .seconds(4))
    #expect(status.bytes == 350)
  }
}
