import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("DMA logging of a simulated device (v2)")
struct DeviceLoggingTests {
  private static let page = Reach.page

  @Test("has the pages that were written, each until it was reported")
  func reportAndClear() throws {
    let reach = try Reach("v2-reference")
    reach.clock.advance(by: .milliseconds(20))
    #expect(try reach.device.startLogging([reach.range], pageSize: Self.page) == Self.page)
    #expect(try reach.reported() == [])
    reach.clock.advance(by: .milliseconds(20))
    let pages = try reach.reported()
    #expect(!pages.isEmpty)
    #expect(Set(pages).isSubset(of: reach.writtenPages))
    #expect(try reach.reported() == [])
  }

  @Test(
    "is started as the kernel lets it",
    arguments: [
      ([(0, 64)], page, nil), ([(0, 32), (32, 64)], page, nil), ([(0, 64)], 1, nil),
      ([], page, .EINVAL), ([(0, 64)], 0, .EINVAL), ([(0, 64)], 3 * page, .EINVAL), ([(1, 64)], 2 * page, .EINVAL),
      ([(0, 63)], 2 * page, .EINVAL), ([(0, 0)], page, .EINVAL), ([(0, 32), (31, 64)], page, .EINVAL),
      ([(0, 64), (8, 16)], page, .EINVAL),
    ] as [([(UInt64, UInt64)], UInt64, Errno?)])
  func start(pages: [(UInt64, UInt64)], pageSize: UInt64, expected: Errno?) throws {
    let reach = try Reach("v2-reference")
    let ranges = pages.map { Reach.pages($0.0..<$0.1) }
    #expect(refusal { _ = try reach.device.startLogging(ranges, pageSize: pageSize) } == expected)
  }

  @Test("takes no range beyond the last address, and 256 ranges at most")
  func extremes() throws {
    let device = try SimulatedDevice.open("v2-reference")
    let beyond = DMARange(iova: .max - 4095, length: 4096)
    #expect(refusal { _ = try device.startLogging([beyond], pageSize: 4096) } == .EOVERFLOW)
    for (count, expected) in [(257, Errno.E2BIG), (256, nil)] {
      let ranges = (0..<UInt64(count)).map { DMARange(iova: $0 * 4096, length: 4096) }
      #expect(refusal { _ = try device.startLogging(ranges, pageSize: 4096) } == expected)
    }
  }

  @Test("is not started twice, and the first goes on")
  func twice() throws {
    let reach = try Reach("v2-reference")
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    reach.clock.advance(by: .milliseconds(20))
    #expect(refusal { _ = try reach.device.startLogging([reach.range], pageSize: Self.page) } == .EINVAL)
    #expect(try !reach.reported().isEmpty)
    try reach.device.stopLogging()
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    #expect(try reach.reported() == [])
  }

  @Test(
    "grants the page size nearest to what was asked",
    arguments: [(512, 4096), (4096, 4096), (65536, 65536), (2 << 20, 2 << 20), (4 << 20, 2 << 20)] as [(UInt64, UInt64)]
  )
  func granted(asked: UInt64, expected: UInt64) throws {
    let device = try SimulatedDevice.open("v2-reference")
    let range = DMARange(iova: 0, length: 8 << 20)
    #expect(try device.startLogging([range], pageSize: asked) == expected)
  }

  @Test(
    "is reported in a started range and in pages of 4096 and more",
    arguments: [
      (Reach.pages(0..<64), page, nil), (Reach.pages(3..<9), page, nil), (Reach.pages(0..<64), 16 * page, nil),
      (Reach.pages(0..<64), 2048, .EINVAL), (Reach.pages(0..<64), 3 * page, .EINVAL),
      (Reach.pages(0..<65), page, .EINVAL), (Reach.pages(64..<65), page, .EINVAL),
      (DMARange(iova: .max - 4095, length: 4096), page, .EOVERFLOW),
    ] as [(DMARange, UInt64, Errno?)])
  func report(range: DMARange, pageSize: UInt64, expected: Errno?) throws {
    let reach = try Reach("v2-reference")
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    #expect(refusal { _ = try reach.reported(range, pageSize: pageSize) } == expected)
  }

  @Test("is reported once a page, also in parts and in bigger pages")
  func parts() throws {
    let reach = try Reach("v2-reference,dma=1G")
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    reach.clock.advance(by: .milliseconds(20))
    #expect(try reach.reported(Reach.pages(8..<16)) == Array(0..<8))
    #expect(try reach.reported(Reach.pages(0..<16)) == Array(0..<8))
    #expect(try reach.reported(Reach.pages(16..<64), pageSize: 16 * Self.page) == [0, 1, 2])
    #expect(try reach.reported() == [])
  }

  @Test("says of bigger pages all or nothing")
  func coarse() throws {
    let reach = try Reach("v2-reference,dma=4K")
    #expect(try reach.device.startLogging([reach.range], pageSize: 16 * Self.page) == 16 * Self.page)
    reach.clock.advance(by: .seconds(1))
    let pages = try reach.reported()
    #expect(pages.count == 16)
    #expect(pages.first?.isMultiple(of: 16) == true)
    #expect(reach.writtenPages.count == 1)
  }

  @Test("only sets bits")
  func setsOnly() throws {
    let reach = try Reach("v2-reference,dma=0")
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    var bitmap = DirtyBitmap(reach.range, pageSize: Self.page)
    bitmap[5] = true
    try reach.device.reportLogging(into: &bitmap)
    #expect(bitmap.dirtyPages == [5])
  }

  @Test("notes nothing outside its ranges")
  func outside() throws {
    let reach = try Reach("v2-reference,dma=1G")
    _ = try reach.device.startLogging([Reach.pages(0..<8)], pageSize: Self.page)
    reach.clock.advance(by: .milliseconds(20))
    #expect(try reach.reported(Reach.pages(0..<8)) == Array(0..<8))
    #expect(reach.writtenPages.count == 64)
  }

  @Test("that is off is not reported, and may be switched off again")
  func off() throws {
    let reach = try Reach("v2-reference")
    #expect(refusal { _ = try reach.reported() } == .EINVAL)
    #expect(refusal { try reach.device.stopLogging() } == nil)
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    try reach.device.stopLogging()
    #expect(refusal { _ = try reach.reported() } == .EINVAL)
  }

  @Test("goes on through state changes and ends with a reset")
  func independent() throws {
    let reach = try Reach("v2-reference")
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    reach.clock.advance(by: .milliseconds(20))
    try reach.step(to: V2State.stopCopy)
    #expect(try reach.reported() == reach.writtenPages)
    #expect(!reach.writtenPages.isEmpty)
    reach.clock.advance(by: .seconds(1))
    #expect(try reach.reported() == [])
    try reach.step(to: V2State.running)
    reach.clock.advance(by: .milliseconds(20))
    #expect(try !reach.reported().isEmpty)
    try reach.device.reset()
    #expect(refusal { _ = try reach.reported() } == .EINVAL)
  }

  @Test("says with logging=all that every page was written")
  func all() throws {
    let reach = try Reach("v2-reference,logging=all,dma=0")
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    for _ in 0..<2 { #expect(try reach.reported() == Array(0..<64)) }
  }

  @Test("is not there with logging=no, nor in v1", arguments: ["v2-reference,logging=no", "v1-reference"])
  func none(address: String) throws {
    let reach = try Reach(address)
    #expect(refusal { _ = try reach.device.startLogging([reach.range], pageSize: Self.page) } == .ENOTTY)
    #expect(refusal { try reach.device.stopLogging() } == .ENOTTY)
    #expect(refusal { _ = try reach.reported() } == .ENOTTY)
    #expect(try !reach.device.offers(.set, .dmaLoggingStart))
  }

  @Test("is offered by its features; what carries an address of memory can't be served")
  func features() throws {
    let reach = try Reach("v2-reference")
    #expect(try reach.device.offers(.set, .dmaLoggingStart))
    #expect(try reach.device.offers(.set, .dmaLoggingStop))
    #expect(try reach.device.offers(.get, .dmaLoggingReport))
    var none: [UInt8] = []
    _ = try reach.device.startLogging([reach.range], pageSize: Self.page)
    try reach.device.set(.dmaLoggingStop, data: &none)
    #expect(refusal { _ = try reach.reported() } == .EINVAL)
  }
}
