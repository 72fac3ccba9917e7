import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("A simulated device's DMA")
struct DMATests {
  @Test("writes to the memory it was given, while it runs", arguments: ["v1-reference", "v2-reference"])
  func writes(profile: String) throws {
    let reach = try Reach(profile)
    #expect(reach.writtenPages == [])
    reach.clock.advance(by: .milliseconds(100))
    _ = try reach.space.info()
    #expect(!reach.writtenPages.isEmpty)
  }

  @Test("ends with the bus master bit, which a user sets who has written the command register once")
  func busMaster() throws {
    let reach = try Reach("v2-reference")
    let config = try reach.device.region(7)
    func writes(_ command: UInt16?) throws -> Bool {
      if let command { try reach.device.setRegister(command, in: config, at: 4) }
      let zeros = [UInt8](repeating: 0, count: reach.memory.count)
      _ = reach.memory.write(zeros.span.bytes, at: 0)
      reach.clock.advance(by: .milliseconds(100))
      _ = try reach.space.info()
      return !reach.writtenPages.isEmpty
    }
    #expect(try writes(0x3) == false)
    #expect(try writes(0x7))
    try reach.device.reset()
    #expect(try writes(nil) == false)
    #expect(try writes(0x4))
  }

  @Test("is as much as its rate says, and none with dma=0")
  func rate() throws {
    for (rate, pages) in [("0", 0), ("4K", 1), ("16K", 4)] {
      let reach = try Reach("v1-reference,dma=\(rate)", pages: 1024)
      reach.clock.advance(by: .seconds(1))
      _ = try reach.space.info()
      #expect(reach.writtenPages.count == pages)
    }
  }

  @Test(
    "is done in the states of v2 that say so",
    arguments: [
      (.running, true), (.runningP2P, true), (.preCopy, true), (.preCopyP2P, true), (.stop, false),
      (.stopCopy, false), (.resuming, false), (.error, false),
    ] as [(V2State, Bool)])
  func statesOfV2(state: V2State, runs: Bool) throws {
    let reach = try Reach("v2-reference,state=\(state.name)")
    reach.clock.advance(by: .seconds(1))
    _ = try reach.space.info()
    #expect(reach.writtenPages.isEmpty == !runs)
  }

  @Test(
    "is done in the states of v1 whose RUNNING bit is set",
    arguments: [
      (.running, true), (.preCopy, true), (.stop, false), (.stopCopy, false), (.resuming, false), (.error, false),
    ] as [(V1State, Bool)])
  func statesOfV1(state: V1State, runs: Bool) throws {
    let reach = try Reach("v1-reference,state=\(state.name)")
    reach.clock.advance(by: .seconds(1))
    _ = try reach.space.info()
    #expect(reach.writtenPages.isEmpty == !runs)
  }

  @Test("goes on where it was when the device runs again")
  func goesOn() throws {
    let reach = try Reach("v2-reference,dma=40K", pages: 1024)
    let other = try Reach("v2-reference,dma=40K", pages: 1024)
    for (device, pause) in [(reach, Duration.zero), (other, .seconds(5))] {
      device.clock.advance(by: .seconds(1))
      try device.step(to: V2State.stop)
      device.clock.advance(by: pause)
      try device.step(to: V2State.running)
      device.clock.advance(by: .seconds(1))
      _ = try device.space.info()
    }
    #expect(reach.holdsTheSame(as: other))
  }

  @Test("writes one part again and again, and in time all of it")
  func pattern() {
    var writer = DMAWriter(rate: 1, seed: 1, now: .now)
    var counts: [UInt64: Int] = [:]
    for _ in 0..<4096 { counts[writer.next(of: 1024), default: 0] += 1 }
    #expect(counts.count == 1024)
    let hot = counts.filter { $0.value > 10 }
    #expect(hot.count == 64)
    #expect(Set(hot.keys).max() == hot.keys.min().map { $0 + 63 })
  }

  @Test("follows from the seed and the time alone, however often it is looked at")
  func deterministic() throws {
    let devices = try ["1", "1", "2"].map { try Reach("v1-reference,seed=\($0)") }
    for (device, looks) in zip(devices, [1, 10, 1]) {
      for _ in 0..<looks {
        device.clock.advance(by: .milliseconds(100) / looks)
        _ = try device.space.info()
      }
    }
    #expect(devices[0].holdsTheSame(as: devices[1]))
    #expect(!devices[0].holdsTheSame(as: devices[2]))
  }

  @Test("ends with the mapping, and with the address space")
  func ends() throws {
    let reach = try Reach("v1-reference")
    var none: DirtyBitmap?
    try reach.space.unmap(reach.range, dirty: &none)
    reach.clock.advance(by: .seconds(1))
    _ = try reach.space.info()
    #expect(reach.writtenPages == [])

    let clock = TestClock()
    let device = try SimulatedDevice.open("v1-reference", clock: clock.now)
    let memory = try Reach.memory(pages: 4)
    try device.addressSpace().map(memory, at: 0)
    clock.advance(by: .seconds(1))
    _ = try device.info()
    #expect(memory.withBytes { $0.array.allSatisfy { $0 == 0 } })
    // Nothing is mapped in a new one.
    try device.addressSpace().map(memory, at: 0)
  }

  @Test("has one address space for all who ask, and none when the device is gone")
  func addressSpace() throws {
    let reach = try Reach("v2-reference")
    #expect(try reach.device.addressSpace() === reach.space)
    reach.device.release()
    #expect(refusal { _ = try reach.device.addressSpace() } == .ENODEV)
    #expect(refusal { _ = try reach.space.info() } == .ENODEV)
  }
}
