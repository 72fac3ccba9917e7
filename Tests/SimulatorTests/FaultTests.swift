import Dispatch
import Glibc
import Synchronization
import Testing
import VFIO

@testable import Simulator

@Suite("A simulated device that is told to misbehave")
struct FaultTests {
  @Test("refuses a change with the error asked for and keeps its state and its session")
  func fails() throws {
    let v2 = try V2Device("fail=stop-copy:EIO,flags=5")
    let stream = try v2.open(.preCopy)
    #expect(refusal { try v2.set(.stopCopy) } == .EIO)
    #expect(try v2.state == .preCopy)
    #expect(try stream.read(10).count == 10)
  }

  @Test("stops half way when a step on the way fails")
  func failsHalfWay() throws {
    let v2 = try V2Device("fail=stop:EBUSY")
    #expect(refusal { try v2.set(.resuming) } == .EBUSY)
    #expect(try v2.state == .runningP2P)
  }

  @Test("goes to ERROR when asked to, and ends its session")
  func failsToError() throws {
    let v2 = try V2Device("fail=stop-copy:EIO:error,flags=5")
    let stream = try v2.open(.preCopy)
    #expect(refusal { try v2.set(.stopCopy) } == .EIO)
    #expect(try v2.state == .error)
    #expect(refusal { _ = try stream.read(10) } == .ENODEV)
    let v1 = try V1Device("fail=stop:ENOMEM:error")
    #expect(refusal { try v1.set(.stop) } == .ENOMEM)
    #expect(try v1.state == .error)
    #expect(try v1.pendingBytes == 0)
  }

  @Test("goes to ERROR when so much of a session's data has moved, in either direction")
  func breaks() throws {
    let v2 = try V2Device("break=100000")
    let stream = try v2.open(.stopCopy)
    #expect(try stream.read(100_000).count == 100_000)
    #expect(refusal { _ = try stream.read(1) } == .EIO)
    #expect(try v2.state == .error)
    #expect(refusal { _ = try stream.read(1) } == .ENODEV)
    let target = try V2Device("break=100000,seed=2")
    let resuming = try target.open(.resuming)
    #expect(refusal { try resuming.fill(try V2Device().saved()) } == .EIO)
    #expect(try target.state == .error)
    let v1 = try V1Device("break=100000,chunk=64K")
    try v1.set(.stopCopy)
    #expect(refusal { _ = try v1.drain() } == .EIO)
    #expect(try v1.state == .error)
  }

  @Test("counts the data of each session by itself")
  func breaksAnew() throws {
    let v2 = try V2Device("break=300K")
    for _ in 0..<2 {
      #expect(try !v2.open(.stopCopy).drain().isEmpty)
      try v2.set(.stop)
    }
  }

  @Test("takes the time it is told to take: once a step, and once an access")
  func latency() throws {
    let slow = try V2Device("latency=20ms,flags=3")
    #expect(try ContinuousClock().measure { try slow.set(.stop) } >= .milliseconds(40))
    #expect(try ContinuousClock().measure { try slow.set(.stop) } < .milliseconds(20))
    let sluggish = try V1Device("access-latency=10ms")
    #expect(try ContinuousClock().measure { _ = try sluggish.state } >= .milliseconds(10))
  }

  @Test("gives its data at the rate it is told, for which nobody waits any longer when the device is gone")
  func rate() throws {
    let v1 = try V1Device("rate=1")
    try v1.set(.stopCopy)
    release(v1.device)
    #expect(refusal { _ = try v1.dataOffset } == .ENODEV)
    let v2 = try V2Device("rate=1")
    let stream = try v2.open(.stopCopy)
    release(v2.device)
    #expect(refusal { _ = try stream.read(4096) } == .ENODEV)
  }

  /// Takes the device away in a moment.
  private func release(_ device: SimulatedDevice) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) { device.release() }
  }

  @Test("hangs until it is released, and is gone then")
  func hangs() throws {
    let v2 = try V2Device("hang=stop")
    let device = v2.device
    let answer = Mutex<(errno: Errno?, end: ContinuousClock.Instant)?>(nil)
    let (begun, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    // No task: those share a few threads, and this one is lost while the device hangs.
    DispatchQueue(label: "hung").async {
      begun.signal()
      let errno = refusal { try v2.set(.stop) }
      answer.withLock { $0 = (errno, .now) }
      ended.signal()
    }
    begun.wait()
    let start = ContinuousClock.now
    usleep(50_000)
    device.release()
    ended.wait()
    let (errno, end) = try #require(answer.withLock { $0 })
    #expect(errno == .ENODEV)
    #expect(start.duration(to: end) >= .milliseconds(50))
    #expect(refusal { _ = try device.info() } == .ENODEV)
    #expect(refusal { try device.reset() } == .ENODEV)
  }

  @Test("answers everything else while it is only told to hang elsewhere")
  func hangsElsewhere() throws {
    let v1 = try V1Device("hang=resuming")
    try v1.set(.stopCopy)
    #expect(try !v1.drain().isEmpty)
  }

  @Test("lets nobody write its memory while it is stopped")
  func stoppedMemory() throws {
    let v2 = try V2Device()
    try v2.device.put([1, 2, 3], at: 10)
    try v2.set(.stop)
    let before = try v2.device.memory()
    #expect(refusal { try v2.device.put([4], at: 10) } == .EIO)
    #expect(try v2.device.memory() == before)
    #expect(Array(before[10..<13]) == [1, 2, 3])
  }

  @Test("has its first memory again after a reset")
  func reset() throws {
    let v2 = try V2Device()
    let first = try v2.device.memory()
    try v2.device.put([1, 2, 3], at: 10)
    try v2.device.reset()
    #expect(try v2.device.memory() == first)
  }
}
