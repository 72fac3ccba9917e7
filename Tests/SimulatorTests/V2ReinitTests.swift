import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("A device that begins anew with its initial data (MIG_PRECOPY_INFOv2)")
struct V2ReinitTests {
  private let clock = TestClock()

  private func optIn(_ v2: V2Device) throws {
    var none: [UInt8] = []
    try v2.device.set(.migPrecopyInfoV2, data: &none)
  }

  @Test("can be told that it may with SET, and with nothing else")
  func offered() throws {
    let device = try V2Device().device
    #expect(try device.offers(.set, .migPrecopyInfoV2))
    #expect(try !device.offers(.get, .migPrecopyInfoV2))
    var none: [UInt8] = []
    #expect(refusal { try device.set(.migPrecopyInfoV2, data: &none) } == nil)
    #expect(refusal { _ = try device.get(.migPrecopyInfoV2, count: 8) } == .EINVAL)
  }

  @Test("answers EINVAL to that without PRE_COPY, to PROBE too", arguments: [1, 3])
  func withoutPreCopy(flags: Int) throws {
    let device = try V2Device("flags=\(flags)").device
    var none: [UInt8] = []
    #expect(refusal { try device.set(.migPrecopyInfoV2, data: &none) } == .EINVAL)
    let probe = FeatureFlags([.probe, .set]).of(.migPrecopyInfoV2)
    #expect(refusal { _ = try device.feature(argsz: 8, flags: probe, data: &none) } == .EINVAL)
  }

  @Test("does not do it unless it was told that it may, also not when it was opened again")
  func unasked() throws {
    try optIn(V2Device("reinit=1s", clock: clock))
    let v2 = try V2Device("reinit=1s", clock: clock)
    let stream = try v2.open(.preCopy)
    _ = try stream.drain()
    clock.advance(by: .seconds(5))
    #expect(try stream.precopyInfo() == PrecopyInfo(flags: 0, initialBytes: 0, dirtyBytes: 0))
  }

  @Test("says so until the new initial data has been read, and once at least")
  func told() throws {
    let v2 = try V2Device("reinit=1s,dirty=64K", clock: clock)
    try optIn(v2)
    let stream = try v2.open(.preCopy)
    #expect(try stream.precopyInfo() == PrecopyInfo(flags: 0, initialBytes: 256 << 10, dirtyBytes: 0))
    _ = try stream.drain()
    clock.advance(by: .seconds(1))
    for _ in 0..<2 {
      #expect(
        try stream.precopyInfo() == PrecopyInfo(flags: PrecopyInfo.reinit, initialBytes: 256 << 10, dirtyBytes: 0))
    }
    _ = try stream.drain()
    #expect(try stream.precopyInfo().flags == PrecopyInfo.reinit)
    #expect(try stream.precopyInfo() == PrecopyInfo(flags: 0, initialBytes: 0, dirtyBytes: 0))
    clock.advance(by: .seconds(1))
    _ = try stream.drain()
    #expect(try stream.precopyInfo().flags == PrecopyInfo.reinit)
  }

  @Test("does it in the middle of its data, and the stream is good all the same")
  func middle() throws {
    let v2 = try V2Device("reinit=1s,dirty=64K,chunk=8K", clock: clock)
    try optIn(v2)
    let stream = try v2.open(.preCopy)
    var all = try stream.read(100_001)
    clock.advance(by: .seconds(1))
    all += try stream.read(50_001)
    #expect(try stream.precopyInfo().initialBytes > (256 << 10) - 60_000)
    try v2.set(.stopCopy)
    all += try stream.drain()
    let target = try V2Device("seed=5")
    try target.open(.resuming).fill(all)
    try target.set(.running)
    #expect(try target.device.memory() == v2.device.memory())
  }
}
