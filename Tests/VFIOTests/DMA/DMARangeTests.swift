import Testing
import VFIO

@Suite struct DMARangeTests {
  private let range = DMARange(iova: 0x1000, length: 0x2000)

  @Test(arguments: [(0x1000, 0x2000), (0x1000, 1), (0x2FFF, 1), (0x1800, 0x800)] as [(UInt64, UInt64)])
  func itHoldsWhatIsAllInside(iova: UInt64, length: UInt64) {
    #expect(range.holds(DMARange(iova: iova, length: length)))
  }

  @Test(
    arguments: [
      (0xFFF, 1), (0xFFF, 0x2000), (0x1000, 0x2001), (0x2FFF, 2), (0x3000, 1), (0x1001, .max), (.max, 0x1002),
    ] as [(UInt64, UInt64)])
  func itHoldsNothingThatReachesOutside(iova: UInt64, length: UInt64) {
    #expect(!range.holds(DMARange(iova: iova, length: length)))
  }

  @Test func theLastAddressOfAllCanBeInside() {
    let top = DMARange(iova: .max - 0xFFF, length: 0x1000)
    #expect(top.holds(DMARange(iova: .max, length: 1)))
    #expect(!top.holds(DMARange(iova: .max, length: 2)))
  }

  @Test func whatGoesBeyondTheLastAddressIsInsideNothing() {
    let beyond = DMARange(iova: .max, length: 16)
    #expect(!beyond.holds(DMARange(iova: .max, length: 2)))
    #expect(beyond.holds(DMARange(iova: .max, length: 1)))
  }
}
