import Simulator
import TestSupport
import Testing
import VFIO

@testable import Migration

@Suite("A watch over dirty pages")
struct DirtyWatchTests {
  @Test(
    "has the device log where it can, else its container", arguments: [("v1", DirtyLog.container), ("v2", .device)])
  func chosen(version: String, expected: DirtyLog) throws {
    let watched = try Watched("\(version)-reference")
    #expect(watched.watch.log == expected)
    #expect(watched.watch.pageCount == 64)
    #expect(watched.watch.pageSize == 4096)
    #expect(watched.report(after: .milliseconds(20)).dirtyCount > 0)
  }

  @Test(
    "takes the log that it is told to, or none",
    arguments: [("v1-reference", .device), ("v2-reference", .container)] as [(String, DirtyLog)])
  func told(address: String, log: DirtyLog) throws {
    let device = try SimulatedDevice.open(address)
    let fault = #expect(throws: DirtyFault.self) { try DirtyWatch(device, .watching(by: log)) }
    guard case .otherLogs(let other, let error) = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect(error.errno == .ENOTTY)
    #expect(other != log)
  }

  @Test("says plainly that there is no log", arguments: ["v1-reference,logging=no", "v2-reference,logging=no"])
  func noLog(address: String) throws {
    let device = try SimulatedDevice.open(address)
    #expect(throws: DirtyFault.noLog) { try DirtyWatch(device, .watching()) }
  }

  @Test("tells each page once a report, and what came together", arguments: ["v1-reference", "v2-reference"])
  func reports(address: String) throws {
    let watched = try Watched(address)
    let first = watched.report(after: .milliseconds(20))
    let second = watched.report(after: .milliseconds(20))
    let third = watched.report(after: .zero)
    #expect(first.dirtyCount > 0 && second.dirtyCount > 0 && third.dirtyCount == 0)
    #expect(first.unionCount == first.dirtyCount)
    var both = first.bitmap
    both.formUnion(second.bitmap)
    #expect(second.unionCount == both.dirtyCount)
    #expect(both.dirtyCount > max(first.dirtyCount, second.dirtyCount))
    #expect(second.elapsed == .milliseconds(40))
    #expect(second.interval == .milliseconds(20))
    #expect(second.rate == Double(second.dirtyCount * 4096 * 50))
    #expect(third.rate == 0)
  }

  @Test("goes on while the device is stopped, and then finds nothing")
  func stopped() throws {
    let watched = try Watched("v2-reference")
    #expect(watched.report(after: .milliseconds(20)).dirtyCount > 0)
    var data = [UInt8](number: V2State.stop.rawValue) + [UInt8](number: Int32(-1))
    try watched.device.set(.migDeviceState, data: &data)
    #expect(watched.report(after: .seconds(1)).dirtyCount == 0)
  }

  @Test("of a container ends with the pages that the unmapping reports")
  func containerEnding() throws {
    let watched = try Watched("v1-reference")
    let last = watched.report(after: .milliseconds(20))
    watched.clock.advance(by: .milliseconds(20))
    let ending = watched.watch.end()
    let count = try #require(ending.unmapCount)
    #expect(count > 0)
    #expect(ending.union.dirtyCount > last.unionCount)
    #expect(ending.isLoggingStopped && ending.isUnmapped && ending.failures == [] && !ending.isAllAssumed)
    #expect(ending.elapsed == .milliseconds(40))
    #expect(try watched.isGivenBack)
    #expect(
      watched.recording.accesses.suffix(2).map(\.operation) == [
        .unmapDMA(watched.watch.range, pageSize: 4096), .dirtyPagesStop,
      ])
  }

  @Test("has what was written since the last report too", arguments: ["v1-reference", "v2-reference"])
  func unreported(address: String) throws {
    let watched = try Watched(address)
    #expect(watched.report(after: .zero).dirtyCount == 0)
    watched.clock.advance(by: .seconds(1))
    let ending = watched.watch.end()
    #expect(ending.union.dirtyCount > 0 && !ending.isAllAssumed)
  }

  @Test("of a device stops its logging before the memory is taken back")
  func deviceEnding() throws {
    let watched = try Watched("v2-reference")
    let ending = watched.watch.end()
    #expect(ending.unmapCount == nil)
    #expect(ending.isLoggingStopped && ending.isUnmapped && ending.failures == [])
    #expect(try watched.isGivenBack)
    #expect(
      watched.recording.accesses.suffix(2).map(\.operation) == [
        .stopLogging, .unmapDMA(watched.watch.range, pageSize: nil),
      ])
  }

  @Test("ends once, and at the latest when it is let go of", arguments: ["v1-reference", "v2-reference"])
  func endsOnce(address: String) throws {
    let device = try SimulatedDevice.open(address)
    let recording = Recording()
    do {
      let watch = try DirtyWatch(RecordingDevice(device, recorder: recording), .watching())
      #expect(watch.end() == watch.end())
    }
    let ends: [Operation] = [.stopLogging, .dirtyPagesStop]
    #expect(recording.accesses.count { ends.contains($0.operation) } == 1)
    do { _ = try DirtyWatch(RecordingDevice(device, recorder: recording), .watching()) }
    #expect(recording.accesses.count { ends.contains($0.operation) } == 2)
  }

  @Test("shows the page size asked and the one granted, and reports in that")
  func granted() throws {
    let device = try SimulatedDevice.open("v2-reference")
    var options = DirtyOptions.watching()
    options.pageSize = 512
    let fine = try DirtyWatch(device, options)
    #expect(fine.askedPageSize == 512)
    #expect(fine.pageSize == 4096)
    #expect(fine.report().bitmap.pageSize == 4096)
    fine.end()
    options.pageSize = 65536
    let coarse = try DirtyWatch(device, options)
    #expect(coarse.pageSize == 65536)
    #expect(coarse.pageCount == 4)
  }

  @Test(
    "takes only a range of whole pages",
    arguments: [
      (0x10_0001, 4096, 4096), (0x10_0000, 4097, 4096), (0x10_0000, 0, 4096), (.max - 4095, 8192, 4096),
      (0x10_0000, 4096, 8192), (0x10_0000, 4096, 0), (0x10_0000, 3 * 4096, 3 * 4096),
    ] as [(UInt64, UInt64, UInt64)])
  func badRange(iova: UInt64, length: UInt64, pageSize: UInt64) throws {
    let space = FakeAddressSpace()
    var options = DirtyOptions()
    options.range = DMARange(iova: iova, length: length)
    options.pageSize = pageSize
    let fault = #expect(throws: DirtyFault.self) { try DirtyWatch(FakeDevice.v1().reaching(space), options) }
    guard case .badRange = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
    #expect(space.calls == [.info])
  }

  @Test("takes the address space's smallest page for its unit")
  func smallestPage() throws {
    let space = FakeAddressSpace(pageSizes: 1 << 16 | 1 << 21)
    #expect(throws: DirtyFault.self) {
      var options = DirtyOptions.watching()
      options.range = DMARange(iova: 0x10_1000, length: 65536)
      _ = try DirtyWatch(FakeDevice.v1().reaching(space), options)
    }
    let watch = try DirtyWatch(FakeDevice.v1().reaching(space), .watching())
    #expect(watch.pageSize == 65536)
    #expect(watch.pageCount == 4)
  }
}
