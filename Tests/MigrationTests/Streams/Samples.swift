import VFIO

@testable import Migration

/// Bytes in memory to look at.
final class Sample: ByteSource {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: UInt64 { UInt64(bytes.count) }

  func read(at offset: UInt64, count: Int) -> [UInt8] {
    guard offset < self.count else { return [] }
    return Array(bytes[Int(offset)...].prefix(count))
  }
}

/// A number's bytes, little end first.
func little(_ number: some FixedWidthInteger & BitwiseCopyable) -> [UInt8] {
  [UInt8](number: number.littleEndian)
}

/// A number's bytes, big end first.
func big(_ number: some FixedWidthInteger & BitwiseCopyable) -> [UInt8] {
  [UInt8](number: number.bigEndian)
}

/// Text in a field of a fixed width.
func padded(_ text: String, to width: Int) -> [UInt8] {
  Array((Array(text.utf8) + [UInt8](repeating: 0, count: width)).prefix(width))
}

/// Streams made by hand, as the sources of the formats describe them.
enum Samples {
  /// samples/vfio-mdev/mtty.c
  static func mtty(ports: UInt32 = 2, divisor: UInt16 = 12, minor: UInt32 = 0, flags: UInt32 = 0) -> [UInt8] {
    let header = little(0x7E9D_0989_8C3E_2C4E as UInt64) + little(1 as UInt32) + little(minor) + little(ports)
    let port =
      [0, 1, 2, 3, 4, 5, 6, 7] + padded("hello", to: 16) + [1, 2, 3, 0, 1, 0xEE] + little(divisor) + [7, 16, 14, 0xEE]
    return header + little(flags) + (0..<ports).flatMap { _ in port }
  }

  /// drivers/crypto/intel/qat/qat_common/adf_mstate_mgr.c
  static func qat(sectionSize: UInt32? = nil) -> [UInt8] {
    let registers = section("mregs", [UInt8](repeating: 0x11, count: 24))
    let banks = section("bnk0", registers, sections: 1) + section("bnk1", [1, 2, 3, 4])
    let body =
      section("ETRBAR", banks, sections: 2, size: sectionSize) + section("CONFIG", [UInt8](repeating: 9, count: 10))
    return little(0xADF5_CAEA as UInt32) + little(1 as UInt32) + little(16 as UInt16) + little(2 as UInt16)
      + little(UInt32(body.count)) + body
  }

  private static func section(_ id: String, _ state: [UInt8], sections: UInt32 = 0, size: UInt32? = nil) -> [UInt8] {
    padded(id, to: 8) + little(size ?? UInt32(state.count)) + little(sections) + state
  }

  /// drivers/vfio/pci/hisilicon/hisi_acc_vfio_pci.h
  static func hisi(magic: UInt64 = 0xAACC_FEED_DECA_DEDE, isReady: Bool = true) -> [UInt8] {
    let numbers = [4, 0xA251, 0, 2, 1] as [UInt32]
    let match = little(magic) + numbers.flatMap { little($0) } + [1, 0, 2, 0] + [UInt8](repeating: 0, count: 8)
    let registers = (0..<26).flatMap { little($0 as UInt32) }
    let addresses = [0x1000, 0x2000, 0x3000, 0x4000] as [UInt64]
    return match + (isReady ? registers + addresses.flatMap { little($0) } : [])
  }

  /// drivers/vfio/pci/mlx5/cmd.h
  static func mlx5(tag: UInt32 = 0, flags: UInt32 = 0, size: UInt64 = 100) -> [UInt8] {
    little(8 as UInt64) + little(1 as UInt32) + little(1 as UInt32) + little(4096 as UInt64)
      + little(size) + little(flags) + little(tag) + [UInt8](repeating: 0x5A, count: 100)
  }

  /// hw/vfio/migration.c
  static let qemu: [UInt8] =
    qemuMark(3) + qemuMark(1) + qemuMark(4) + big(5 as UInt64) + Array("abcde".utf8) + qemuMark(1)
    + qemuMark(2) + [UInt8](repeating: 0xC0, count: 90) + qemuMark(1)

  static func qemuMark(_ number: UInt64) -> [UInt8] { big(0xFFFF_FFFF_EF10_0000 | number) }
}
