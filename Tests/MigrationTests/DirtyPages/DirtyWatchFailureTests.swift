import Simulator
import TestSupport
import Testing
import VFIO

@testable import Migration

@Suite("A watch over dirty pages that goes wrong")
struct DirtyWatchFailureTests {
  private func watch(_ refusals: [FakeAddressSpace.Call: Errno]) throws -> (DirtyWatch, FakeAddressSpace) {
    let space = FakeAddressSpace(refusing: refusals)
    return (try DirtyWatch(FakeDevice.v1().reaching(space), .watching()), space)
  }

  @Test("at its beginning leaves nothing mapped")
  func start() throws {
    for (call, calls) in [
      (.info, [.info]), (.map, [.info, .map]), (.startLogging, [.info, .map, .startLogging, .unmap]),
    ] as [(FakeAddressSpace.Call, [FakeAddressSpace.Call])] {
      let space = FakeAddressSpace(refusing: [call: .ENOMEM])
      let fault = #expect(throws: DirtyFault.self) { try DirtyWatch(FakeDevice.v1().reaching(space), .watching()) }
      #expect(fault?.description.hasSuffix("ENOMEM (Cannot allocate memory)") == true)
      #expect(space.calls == calls)
    }
  }

  @Test("because the device does no DMA says what was refused")
  func noAddressSpace() throws {
    let fault = DirtyFault.device(DeviceError(.attach(call: "address space"), .ENOTTY))
    #expect(throws: fault) { try DirtyWatch(FakeDevice.v1(), .watching()) }
  }

  @Test("takes every page for written when the log can't be read, for good")
  func report() throws {
    let watched = try Watched("v2-reference,dma=0")
    #expect(watched.report(after: .zero).dirtyCount == 0)
    // A reset ends the device's own log.
    try watched.device.reset()
    let report = watched.watch.report()
    #expect(report.failure?.errno == .EINVAL)
    #expect(report.dirtyCount == 64)
    #expect(report.unionCount == 64)
    let ending = watched.watch.end()
    #expect(ending.isAllAssumed)
    #expect(ending.union.dirtyCount == 64)
    #expect(try watched.isGivenBack)
  }

  @Test("unmaps without a bitmap when it can't be had, and takes every page for written")
  func unmapWithBitmap() throws {
    let (watch, space) = try watch([.unmapWithBitmap: .EINVAL])
    let ending = watch.end()
    #expect(space.calls.suffix(3) == [.unmapWithBitmap, .stopLogging, .unmap])
    #expect(ending.unmapCount == nil)
    #expect(ending.isAllAssumed)
    #expect(ending.union.dirtyCount == 64)
    #expect(ending.isUnmapped && ending.isLoggingStopped)
    #expect(ending.failures.map(\.errno) == [.EINVAL])
  }

  @Test("still unmaps when logging can't be stopped, and says both")
  func stop() throws {
    let (watch, space) = try watch([.stopLogging: .EIO])
    let ending = watch.end()
    #expect(space.calls.suffix(2) == [.unmapWithBitmap, .stopLogging])
    #expect(!ending.isLoggingStopped)
    #expect(ending.isUnmapped)
    #expect(ending.failures.map(\.errno) == [.EIO])
  }

  @Test("because the device is gone says that nothing could be given back")
  func gone() throws {
    for address in ["v1-reference", "v2-reference"] {
      let watched = try Watched(address)
      watched.device.release()
      #expect(watched.watch.report().failure?.errno == .ENODEV)
      let ending = watched.watch.end()
      #expect(!ending.isLoggingStopped)
      #expect(!ending.isUnmapped)
      #expect(ending.isAllAssumed)
    }
  }
}
