/// The data of a simulated device, as they go through the window of protocol v1 or the data fd of protocol v2.
///
/// One header, any number of records, one trailer; all numbers in this machine's byte order, no gaps:
/// ```
/// header   u64 magic  u32 version  u32 page size  u64 memory size  u64 seed of the pattern
/// record   u32 "PAGE" u32 0        u64 number     u64 offset       u64 length            length bytes of memory
/// trailer  u32 "LAST" u32 0        u64 records    u64 checksum     u64 0
/// ```
/// Records are numbered from 0. Offset and length are whole pages; a page may come again, and the last one holds. The
/// checksum covers everything before the trailer. Header, record's head and trailer are 32 bytes each.
enum StreamFormat {
  static let magic: UInt64 = 0x314D_4953_4F49_4656  // "VFIOSIM1"
  static let version: UInt32 = 1
  static let record: UInt32 = 0x4547_4150  // "PAGE"
  static let trailer: UInt32 = 0x5453_414C  // "LAST"
  /// Bytes of a header, of a record's head, of a trailer.
  static let headSize = 32
  /// Bytes of memory a record holds at most.
  static let recordLimit = 16 << 20
}
