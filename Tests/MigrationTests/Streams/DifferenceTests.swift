import Testing

@testable import Migration

/// What differs between two streams.
@Suite struct DifferenceTests {
  @Test func equalStreamsHaveNone() throws {
    let difference = try compare([1, 2, 3], [1, 2, 3])
    #expect(difference.isEqual)
    #expect(difference.ranges == [])
    #expect(try compare([], []).isEqual)
  }

  @Test func rangesArePartedByEightEqualBytes() throws {
    let one = [UInt8](repeating: 0, count: 100)
    var other = one
    for place in [10, 11, 19, 28, 50] { other[place] = 1 }
    let difference = try compare(one, other)
    #expect(difference.first == 10)
    #expect(difference.differingBytes == 5)
    #expect(difference.ranges == [10..<20, 28..<29, 50..<51])
    #expect(difference.rangeCount == 3)
  }

  @Test func onlySoManyRangesAreKeptButAllAreCounted() throws {
    let one = [UInt8](repeating: 0, count: 1000)
    let other = one.indices.map { UInt8($0.isMultiple(of: 10) ? 1 : 0) }
    let difference = try StreamDifference(Sample(one), Sample(other), limit: 3)
    #expect(difference.ranges == [0..<1, 10..<11, 20..<21])
    #expect(difference.rangeCount == 100)
  }

  @Test func aRangeGoesOverTheBorderOfWhatIsReadAtOnce() throws {
    let border = 1 << 20
    let one = [UInt8](repeating: 0, count: border + 10)
    var other = one
    for place in border - 2..<border + 3 { other[place] = 1 }
    #expect(try compare(one, other).ranges == [UInt64(border - 2)..<UInt64(border + 3)])
  }

  @Test func ofOneThatIsTheStartOfTheOtherTheEndDiffers() throws {
    let difference = try compare([1, 2], [1, 2, 3])
    #expect(difference.first == 2)
    #expect(difference.differingBytes == 0)
    #expect(difference.counts == [2, 3])
    #expect(!difference.isEqual)
  }

  @Test func aFieldThatDiffersIsNamed() throws {
    let differences = try RecordDifferences(
      Sample(Samples.mtty(divisor: 12)), Sample(Samples.mtty(divisor: 13)), format: .mtty)
    #expect(differences.compared == 3)
    #expect(differences.changes.map(\.name) == ["port 0", "port 1"])
    #expect(differences.changes[0].what == ["divisor 12 → 13"])
    #expect(differences.changes[1].offsets == [60, 60])
    #expect(differences.ending == nil)
  }

  @Test func dataThatDifferAreCounted() throws {
    var other = Samples.mlx5()
    other[50] = 0
    other[60] = 0
    let differences = try RecordDifferences(Sample(Samples.mlx5()), Sample(other), format: .mlx5)
    #expect(differences.changes.map(\.index) == [1])
    #expect(differences.changes[0].what == ["2 bytes of the data, the first at 10 in them"])
  }

  @Test func aStreamWithFewerRecordsEndsTheComparison() throws {
    let differences = try RecordDifferences(
      Sample(Samples.mtty(ports: 1)), Sample(Samples.mtty(ports: 2)), format: .mtty)
    #expect(differences.changes.map(\.what) == [["nr_ports 1 → 2"]])
    #expect(differences.ending == "the first ends before record 2")
  }

  @Test func recordsOfOtherKindsEndTheComparison() throws {
    let differences = try RecordDifferences(
      Sample(Samples.qemu), Sample(Samples.qemuMark(3) + Samples.qemuMark(5)), format: .qemu)
    #expect(differences.compared == 1)
    #expect(differences.ending == "from record 1 on they are of other kinds: end of state, initial data sent")
  }

  private func compare(_ one: [UInt8], _ other: [UInt8]) throws -> StreamDifference {
    try StreamDifference(Sample(one), Sample(other))
  }
}
