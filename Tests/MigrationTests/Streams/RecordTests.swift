import Testing

@testable import Migration

/// The records of the known formats, on streams made by hand.
@Suite struct RecordTests {
  @Test(arguments: [
    ("mtty", Samples.mtty()), ("qat", Samples.qat()), ("hisi_acc", Samples.hisi()),
    ("hisi_acc", Samples.hisi(magic: 0xCDCD_CDCD_FEED_AACC)), ("mlx5-virtio", Samples.mlx5()), ("qemu", Samples.qemu),
  ])
  func aFormatIsRecognizedByItsFirstBytes(_ name: String, _ bytes: [UInt8]) throws {
    #expect(try StreamFormat.guess(Sample(bytes))?.name == name)
    #expect(StreamFormat.named(name)?.name == name)
  }

  @Test(arguments: [
    [], [1], [UInt8](repeating: 0, count: 4096), [UInt8](repeating: 0xFF, count: 64), Array("hello, world 12345".utf8),
    Samples.mlx5(tag: 7), Samples.mlx5(flags: 4),
  ])
  func otherBytesHaveNoFormat(_ bytes: [UInt8]) throws {
    #expect(try StreamFormat.guess(Sample(bytes)) == nil)
  }

  @Test func mttyIsAHeaderAndItsPorts() throws {
    let records = try records(Samples.mtty())
    #expect(records.map(\.name) == ["header", "port 0", "port 1"])
    #expect(records.map(\.offset) == [0, 24, 60])
    #expect(words(records[0]) == "magic 0x7e9d09898c3e2c4e, major_ver 1, minor_ver 0, nr_ports 2, flags 0x0")
    #expect(
      words(records[1])
        == "uart_reg 0001020304050607, fifo 68656c6c6f0000000000000000000000, head 1, tail 2, count 3, dlab 0, "
        + "overrun 1, divisor 12, fcr 0x7, max_fifo_size 16, intr_trigger_level 14")
  }

  @Test func whatTheMttyDriverRefusesIsSaid() throws {
    #expect(try records(Samples.mtty(minor: 1))[0].note == "the driver takes version 1.0 only")
    #expect(try records(Samples.mtty(flags: 1))[0].note == "the driver refuses flags")
    #expect(try records([0] + Samples.mtty(), as: .mtty)[0].note == "the driver refuses this magic")
  }

  @Test func moreThanTheFormatHasStaysBytes() throws {
    let records = try records(Samples.mtty(ports: 1) + [1, 2, 3])
    #expect(records.map(\.name) == ["header", "port 0", "bytes"])
    #expect(records[2].data == 60..<63)
    #expect(records[2].note == "the format does not explain them")
  }

  @Test func qatSectionsLieInEachOther() throws {
    let records = try records(Samples.qat())
    #expect(
      records.map { "\($0.depth) \($0.name) \($0.dataLength)" } == [
        "0 preamble 0", "0 section ETRBAR 0", "1 section bnk0 0", "2 section mregs 24", "1 section bnk1 4",
        "0 section CONFIG 10",
      ])
    #expect(records[0].fields.last?.value == .number(118))
  }

  @Test func aQATSectionLongerThanWhatItLiesInIsSaidAndHeldIn() throws {
    let records = try records(Samples.qat(sectionSize: 100_000))
    #expect(records.map(\.name) == ["preamble", "section ETRBAR"])
    #expect(records[1].note == "longer than what it lies in; cut: 102 of 100000 bytes are there")
  }

  @Test func hisiIsMatchDataAndRegisters() throws {
    let records = try records(Samples.hisi())
    #expect(records.map(\.name) == ["match data", "registers"])
    #expect(records.map(\.headLength) == [40, 136])
    #expect(
      words(records[0]).hasPrefix("acc_magic 0xaaccfeeddecadede, qp_num 4, dev_id 0xa251, que_iso_cfg 0x0, qp_base 2"))
    #expect(words(records[0]).contains("major_ver 1, minor_ver 2"))
    #expect(words(records[1]).hasSuffix("eqe_dma 0x1000, aeqe_dma 0x2000, sqc_dma 0x3000, cqc_dma 0x4000"))
    #expect(words(records[1]).contains("qm_eqc_dw[6] 0xc, qm_aeqc_dw[0] 0xd"))
  }

  @Test func hisiOfADeviceThatWasNotReadyIsMatchDataAlone() throws {
    #expect(try records(Samples.hisi(isReady: false)).map(\.name) == ["match data"])
  }

  @Test func hisiWithTheOldMagicHasNoVersion() throws {
    let record = try records(Samples.hisi(magic: 0xCDCD_CDCD_FEED_AACC))[0]
    #expect(!words(record).contains("major_ver"))
    #expect(record.note?.hasPrefix("old magic") == true)
  }

  @Test func mlx5RecordsHaveLengthFlagsAndTag() throws {
    let records = try records(Samples.mlx5())
    #expect(records.map(\.name) == ["stop-copy size", "device data"])
    #expect(words(records[0]) == "record_size 8, flags 0x1, tag 1, stop_copy_size 4096")
    #expect(records[1].data == 40..<140)
  }

  @Test func anUnknownTagIsLeftOutOrRefusedByItsFlag() throws {
    #expect(try records(Samples.mlx5(tag: 7), as: .mlx5)[1].note == "not known, the driver refuses it")
    #expect(try records(Samples.mlx5(tag: 7, flags: 1), as: .mlx5)[1].note == "not known, may be left out")
  }

  @Test func qemuMarksAreBigEndian() throws {
    let records = try records(Samples.qemu)
    #expect(
      records.map { "\($0.name) \($0.dataLength)" } == [
        "setup state 0", "end of state 0", "data state 5", "end of state 0", "config state 90", "end of state 0",
      ])
  }

  @Test func aConfigStateWithoutItsEndGoesToTheEnd() throws {
    // Longer than what is searched at once.
    let bytes = Samples.qemuMark(2) + [UInt8](repeating: 0xFF, count: 200_000)
    #expect(try records(bytes).map(\.dataLength) == [200_000])
    #expect(try records(bytes + Samples.qemuMark(1)).map(\.dataLength) == [200_000, 0])
  }

  @Test(arguments: StreamFormat.all.map(\.name))
  func recordsCoverAllBytesWhateverTheyAre(_ name: String) throws {
    var numbers = SeededNumbers(seed: 5)
    let format = try #require(StreamFormat.named(name))
    let samples = [Samples.mtty(), Samples.qat(), Samples.hisi(), Samples.mlx5(), Samples.qemu, []]
    for turn in 0..<600 {
      var bytes = samples[turn % samples.count] + numbers.bytes(Int.random(in: 0...40, using: &numbers))
      for _ in 0..<(turn / 10) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] =
          [0, 1, 0xFF, 0x7F].randomElement(using: &numbers) ?? 0
      }
      var end: UInt64 = 0
      for record in try records(bytes, as: format) {
        #expect(record.offset == end)
        #expect(record.length > 0)
        end += record.length
      }
      #expect(end == UInt64(bytes.count))
    }
  }

  @Test(arguments: [
    ("mtty", Samples.mtty()), ("qat", Samples.qat()), ("hisi_acc", Samples.hisi()), ("mlx5-virtio", Samples.mlx5()),
    ("qemu", Samples.qemu),
  ])
  func aStreamCutAnywhereStillGivesWhatIsThere(_ name: String, _ bytes: [UInt8]) throws {
    let format = try #require(StreamFormat.named(name))
    for count in bytes.indices {
      let records = try records(Array(bytes.prefix(count)), as: format)
      #expect(records.reduce(0) { $0 + $1.length } == UInt64(count))
    }
  }

  private func records(_ bytes: [UInt8], as format: StreamFormat? = nil) throws -> [StreamRecord] {
    let source = Sample(bytes)
    let guess = try StreamFormat.guess(source)
    var reader = RecordReader(source, format: try #require(format ?? guess))
    var records: [StreamRecord] = []
    while let record = try reader.next() { records.append(record) }
    return records
  }

  private func words(_ record: StreamRecord) -> String {
    record.fields.map { "\($0.name) \($0.value.words)" }.joined(separator: ", ")
  }
}
