import Testing
import VFIO

@testable import Inspector
@testable import Migration

@Suite("The figures of a flow")
struct FlowStatusTests {
  private func sample(_ seconds: Double) -> FlowSamples.Sample {
    FlowSamples.Sample(time: .seconds(seconds), estimate: Estimate(), rate: 1, bytes: 1)
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

  @Test("keep the moments at which the device began anew, the latest ones")
  func reinits() {
    var status = FlowStatus(begun: .now)
    for (second, count) in [(1, 0), (2, 1), (3, 1), (4, 2)] {
      status.note(.at(Double(second), .preCopy, bytes: 1, reinits: count), at: .now)
    }
    #expect(status.samples.reinits == [.seconds(2), .seconds(4)])
    for count in 3..<200 { status.note(.at(Double(count), .preCopy, bytes: 1, reinits: count), at: .now) }
    #expect(status.samples.reinits.count == 64)
    #expect(status.samples.reinits.last == .seconds(199))
  }

  @Test("tell the phases while they go on")
  func phases() {
    var status = FlowStatus(begun: .now)
    status.note(.at(1, .preCopy, bytes: 100), at: .now)
    status.note(.at(3, .preCopy, bytes: 300), at: .now)
    status.note(.at(4, .stopCopy, bytes: 350, inPhase: 20), at: .now)
    #expect(status.phases.map(\.state) == ["pre-copy", "stop-copy"])
    // What came since the last figures was still pre-copy.
    #expect(status.phases.map(\.bytes) == [300, 20])
    #expect(status.phases.map(\.duration) == [.seconds(3), .seconds(1)])
    #expect(status.stopped == .seconds(4))
    #expect(status.bytes == 350)
  }
}
