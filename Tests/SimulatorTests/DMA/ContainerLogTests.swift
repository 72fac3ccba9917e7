import TestSupport
import Testing
import VFIO

@testable import Simulator

@Suite("The dirty page log of a simulated container (v1)")
struct ContainerLogTests {
  private static let page = Reach.page

  @Test("has the pages that were written, each until it was read")
  func readAndCleared() throws {
    let reach = try Reach("v1-reference")
    try reach.space.startLogging()
    #expect(try reach.logged() == [])
    reach.clock.advance(by: .milliseconds(20))
    let first = try reach.logged()
    #expect(!first.isEmpty)
    #expect(first == reach.writtenPages)
    #expect(try reach.logged() == [])
    reach.clock.advance(by: .milliseconds(20))
    let second = try reach.logged()
    #expect(!second.isEmpty)
    #expect(Set(first).union(second) == Set(reach.writtenPages))
  }

  @Test("has nothing that was written before it was on, nor after it was off")
  func onAndOff() throws {
    let reach = try Reach("v1-reference")
    reach.clock.advance(by: .milliseconds(20))
    try reach.space.startLogging()
    #expect(try reach.logged() == [])
    reach.clock.advance(by: .milliseconds(20))
    try reach.space.stopLogging()
    try reach.space.startLogging()
    #expect(try reach.logged() == [])
  }

  @Test("may be switched on and off twice; the second time does nothing")
  func idempotent() throws {
    let reach = try Reach("v1-reference")
    try reach.space.stopLogging()
    try reach.space.startLogging()
    reach.clock.advance(by: .milliseconds(20))
    try reach.space.startLogging()
    #expect(try !reach.logged().isEmpty)
    try reach.space.stopLogging()
    try reach.space.stopLogging()
  }

  @Test("is not read while it is off")
  func off() throws {
    let reach = try Reach("v1-reference")
    #expect(refusal { _ = try reach.logged() } == .EINVAL)
    try reach.space.startLogging()
    try reach.space.stopLogging()
    #expect(refusal { _ = try reach.logged() } == .EINVAL)
  }

  @Test(
    "is read in whole mappings and in the smallest pages",
    arguments: [
      (Reach.pages(0..<64), page, nil), (DMARange(iova: 0, length: 2 * Reach.start), page, nil),
      (DMARange(iova: 0, length: page), page, nil),
      (Reach.pages(0..<64), 2 * page, .EINVAL), (Reach.pages(0..<64), page / 2, .EINVAL),
      (Reach.pages(0..<32), page, .EINVAL), (Reach.pages(32..<64), page, .EINVAL), (Reach.pages(0..<0), page, .EINVAL),
      (DMARange(iova: Reach.start + 1, length: 64 * page), page, .EINVAL),
      (DMARange(iova: Reach.start, length: 64 * page + 1), page, .EINVAL),
      (DMARange(iova: .max - 4095, length: 2 * page), page, .EINVAL),
    ] as [(DMARange, UInt64, Errno?)])
  func arguments(range: DMARange, pageSize: UInt64, expected: Errno?) throws {
    let reach = try Reach("v1-reference")
    try reach.space.startLogging()
    var bitmap = DirtyBitmap(range, pageSize: pageSize)
    #expect(refusal { try reach.space.readLog(into: &bitmap) } == expected)
  }

  @Test("comes with the unmapping, for the last time")
  func unmapping() throws {
    let reach = try Reach("v1-reference")
    try reach.space.startLogging()
    reach.clock.advance(by: .milliseconds(20))
    var dirty: DirtyBitmap? = DirtyBitmap(reach.range, pageSize: Self.page)
    try reach.space.unmap(reach.range, dirty: &dirty)
    #expect(dirty?.dirtyPages == reach.writtenPages)
    #expect(dirty?.dirtyCount ?? 0 > 0)
    #expect(try reach.logged() == [])
    try reach.space.map(reach.memory, at: Reach.start)
    #expect(try reach.logged() == [])
  }

  @Test("comes with no unmapping while it is off, or in other pages or of another range; then nothing is unmapped")
  func badUnmapping() throws {
    for (isOn, range, pageSize) in [
      (false, Reach.pages(0..<64), Self.page), (true, Reach.pages(0..<64), 2 * Self.page),
      (true, Reach.pages(0..<32), Self.page),
    ] {
      let reach = try Reach("v1-reference")
      if isOn { try reach.space.startLogging() }
      var dirty: DirtyBitmap? = DirtyBitmap(range, pageSize: pageSize)
      #expect(refusal { try reach.space.unmap(reach.range, dirty: &dirty) } == .EINVAL)
      #expect(refusal { try reach.space.map(reach.memory, at: Reach.start) } == .EEXIST)
    }
  }

  @Test("goes on through state changes and a reset: it is not the device's")
  func independent() throws {
    let reach = try Reach("v1-reference")
    try reach.space.startLogging()
    reach.clock.advance(by: .milliseconds(20))
    try reach.step(to: V1State.stopCopy)
    try reach.device.reset()
    #expect(try reach.logged() == reach.writtenPages)
    #expect(!reach.writtenPages.isEmpty)
  }

  @Test("says with logging=all that every mapped page was written, every time")
  func all() throws {
    let reach = try Reach("v1-reference,logging=all,dma=0")
    try reach.space.startLogging()
    for _ in 0..<2 { #expect(try reach.logged() == Array(0..<64)) }
    let around = DMARange(iova: Reach.start - Self.page, length: 66 * Self.page)
    #expect(try reach.logged(around) == Array(1..<65))
    var dirty: DirtyBitmap? = DirtyBitmap(reach.range, pageSize: Self.page)
    try reach.space.unmap(reach.range, dirty: &dirty)
    #expect(dirty?.dirtyCount == 64)
  }

  @Test("is not there with logging=no, nor in v2", arguments: ["v1-reference,logging=no", "v2-reference"])
  func none(address: String) throws {
    let reach = try Reach(address)
    #expect(refusal { try reach.space.startLogging() } == .ENOTTY)
    #expect(refusal { try reach.space.stopLogging() } == .ENOTTY)
    #expect(refusal { _ = try reach.logged() } == .ENOTTY)
  }
}

@Suite("A simulated container, called with any arguments (v1)")
struct ContainerArgumentTests {
  private let reach: Reach

  init() throws { reach = try Reach("v1-reference") }

  private func answer(_ call: DirtyCall) -> Errno? { refusal { try reach.space.attempt(call) } }

  private func reading(_ range: DMARange? = nil, pageSize: UInt64 = 4096, bitmapSize: UInt64 = 8) -> DirtyCall {
    DirtyCall(
      .dirtyPages, flags: DirtyCall.LogFlag.getBitmap, range: range ?? reach.range, pageSize: pageSize,
      bitmapSize: bitmapSize)
  }

  private func unmapping(_ flags: UInt32, _ range: DMARange? = nil) -> DirtyCall {
    DirtyCall(.unmap, flags: flags, range: range ?? reach.range, pageSize: 4096, bitmapSize: 8)
  }

  @Test("takes one flag, and no other")
  func flags() {
    for flags: UInt32 in [0, 3, 5, 6, 7, 8, 9] { #expect(answer(DirtyCall(.dirtyPages, flags: flags)) == .EINVAL) }
    #expect(answer(DirtyCall(.dirtyPages, flags: 1)) == nil)
    #expect(answer(reading()) == nil)
    #expect(answer(DirtyCall(.dirtyPages, flags: 2)) == nil)
    #expect(answer(reading()) == .EINVAL)
  }

  @Test("takes a bitmap that has room, up to 256 MiB")
  func room() throws {
    try reach.space.startLogging()
    #expect(answer(reading(bitmapSize: 0)) == .EINVAL)
    #expect(answer(reading(bitmapSize: 7)) == .EINVAL)
    #expect(answer(reading(bitmapSize: 1 << 28)) == nil)
    #expect(answer(reading(bitmapSize: 1 << 28 + 8)) == .EINVAL)
    #expect(answer(reading(pageSize: 8192)) == .EINVAL)
    #expect(answer(reading(pageSize: 0)) == .EINVAL)
    #expect(answer(reading(DMARange(iova: 0, length: .max))) == .EINVAL)
  }

  @Test("unmaps with a bitmap or all, not both")
  func unmap() throws {
    #expect(answer(unmapping(1)) == .EINVAL)
    try reach.space.startLogging()
    for flags: UInt32 in [3, 4, 5, 6, 8] { #expect(answer(unmapping(flags)) == .EINVAL) }
    #expect(answer(unmapping(2)) == .EINVAL)
    #expect(answer(unmapping(1)) == nil)
    try reach.space.map(reach.memory, at: Reach.start)
    #expect(answer(unmapping(2, DMARange(iova: 0, length: 0))) == nil)
    // What is gone can be mapped again.
    try reach.space.map(reach.memory, at: Reach.start)
    #expect(answer(unmapping(0)) == nil)
    try reach.space.map(reach.memory, at: Reach.start)
  }
}
