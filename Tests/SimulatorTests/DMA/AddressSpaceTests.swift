import Testing
import VFIO

@testable import Simulator

@Suite("A simulated address space")
struct AddressSpaceTests {
  private static let page = Reach.page

  @Test("says its page sizes, and in v1 that it logs the smallest")
  func info() throws {
    let sizes: UInt64 = 1 << 12 | 1 << 21 | 1 << 30
    let logging = AddressSpaceInfo.Logging(pageSizes: 4096, maxBitmapSize: 1 << 28)
    for (address, expected) in [
      ("v1-reference", logging), ("v1-reference,logging=all", logging), ("v1-reference,logging=no", nil),
      ("v2-reference", nil),
    ] {
      #expect(try Reach(address).space.info() == AddressSpaceInfo(pageSizes: sizes, logging: expected))
    }
  }

  @Test(
    "maps whole pages where nothing is yet",
    arguments: [
      (Reach.start + 64 * page, 1, nil), (Reach.start - page, 1, nil), (UInt64.max - 4095, 1, nil),
      (Reach.start, 1, .EEXIST), (Reach.start + 63 * page, 2, .EEXIST), (Reach.start - page, 66, .EEXIST),
      (Reach.start - page, 2, .EEXIST), (1, 1, .EINVAL), (UInt64.max - 4095, 2, .EINVAL),
    ] as [(UInt64, Int, Errno?)])
  func mapping(iova: UInt64, pages: Int, expected: Errno?) throws {
    let reach = try Reach("v1-reference")
    let memory = try Reach.memory(pages: pages)
    #expect(refusal { try reach.space.map(memory, at: iova) } == expected)
  }

  @Test("maps no part of a page")
  func partOfAPage() throws {
    let reach = try Reach("v1-reference")
    let memory = try #require(SharedMemory(count: 5000))
    #expect(refusal { try reach.space.map(memory, at: 0) } == .EINVAL)
  }

  @Test(
    "unmaps what is whole in the range, and cuts no mapping",
    arguments: [
      (Reach.pages(0..<64), nil, true), (DMARange(iova: 0, length: Reach.start * 2), nil, true),
      (DMARange(iova: 0, length: Reach.start), nil, false),
      (Reach.pages(0..<63), .EINVAL, false), (Reach.pages(1..<64), .EINVAL, false),
      (Reach.pages(0..<0), .EINVAL, false),
      (DMARange(iova: Reach.start + 1, length: 64 * page), .EINVAL, false),
      (DMARange(iova: Reach.start, length: 64 * page + 1), .EINVAL, false),
      (DMARange(iova: Reach.start, length: .max - 4095), .EINVAL, false),
    ] as [(DMARange, Errno?, Bool)])
  func unmapping(range: DMARange, expected: Errno?, isGone: Bool) throws {
    let reach = try Reach("v1-reference")
    var none: DirtyBitmap?
    #expect(refusal { try reach.space.unmap(range, dirty: &none) } == expected)
    let again = refusal { try reach.space.map(reach.memory, at: Reach.start) }
    #expect(again == (isGone ? nil : .EEXIST))
  }
}
