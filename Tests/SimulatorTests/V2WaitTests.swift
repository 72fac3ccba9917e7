import Testing
import VFIO

@testable import Simulator

@Suite("A data fd of protocol v2 that has nothing ready")
struct V2WaitTests {
  @Test("answers EAGAIN so many times as the address says, then with all data", arguments: [0, 1, 3])
  func stall(reads: Int) throws {
    let v2 = try V2Device("stall=\(reads)")
    let stream = try v2.open(.stopCopy)
    for _ in 0..<reads { #expect(refusal { _ = try stream.read(10) } == .EAGAIN) }
    #expect(try stream.drain() == V2Device().saved())
  }

  @Test("does so in every session, but once in one that goes on")
  func sessions() throws {
    let v2 = try V2Device("stall=1")
    let stream = try v2.open(.preCopy)
    #expect(refusal { _ = try stream.read(10) } == .EAGAIN)
    #expect(try stream.read(10).count == 10)
    try v2.set(.stopCopy)
    #expect(try stream.read(10).count == 10)
    try v2.set(.stop)
    let next = try v2.open(.stopCopy)
    #expect(refusal { _ = try next.read(10) } == .EAGAIN)
  }

  @Test("takes data at once")
  func loading() throws {
    let target = try V2Device("stall=5,seed=2")
    try target.open(.resuming).fill(try V2Device().saved())
    try target.set(.running)
    #expect(try target.device.memory() == V2Device().device.memory())
  }

  @Test("never has to be waited for", arguments: [nil, ContinuousClock.now, .now + .seconds(3600)])
  func wait(deadline: ContinuousClock.Instant?) throws {
    let v2 = try V2Device("stall=1")
    let stream = try v2.open(.preCopy)
    let start = ContinuousClock.now
    #expect(try stream.wait(for: .reading, until: deadline))
    #expect(start.duration(to: .now) < .seconds(60))
    #expect(try v2.open(.resuming).wait(for: .writing, until: deadline))
  }

  @Test("can't be waited for when it is closed, or the device is gone")
  func closed() throws {
    let v2 = try V2Device()
    let stream = try v2.open(.stopCopy)
    stream.close()
    #expect(refusal { _ = try stream.wait(for: .reading, until: nil) } == .EBADF)
    try v2.set(.stop)
    let next = try v2.open(.stopCopy)
    v2.device.release()
    #expect(refusal { _ = try next.wait(for: .reading, until: nil) } == .ENODEV)
  }
}
