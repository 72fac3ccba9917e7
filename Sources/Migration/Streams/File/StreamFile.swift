import VFIO

/// The stream file: what a device gave while it was saved, as it gave it. This comment is the format's specification.
///
/// All numbers are little endian. A file is a head and frames; it can be read while it is being written.
/// ```
/// head     u8[8] magic 89 56 4D 49 47 0D 0A 1A   u32 version (2)   u32 CRC-32C of the 12 bytes before
/// frame    u32 type   u32 length   u32 CRC-32C of the payload   u32 CRC-32C of the 12 bytes before   payload
/// ```
/// The types, in the order they come in:
/// ```
/// "IDEN"   once, first. Pairs of u32 length and text (UTF-8): a key, then its value. The keys are protocol (v1, v2),
///          device, way, flag (any number of times) and checksum (see below). Keys that a reader does not know are
///          left out by it.
/// "PHAS"   u64 µs since the first byte was written, then the name of a state (UTF-8): the chunks that follow were
///          saved in it.
/// "DATA"   one chunk as the device gave it, 1 byte to 1 GiB. Protocol v1 needs its chunks as they were.
/// "LONG"   the same, written before all of the chunk was there: the head has 0 for the payload's CRC-32C, and a u32
///          behind the payload has it, which is not counted in the length. Version 1 has none.
/// "LAST"   once, last. u64 bytes and u64 chunks of all DATA and LONG, u8[32] SHA-256 of their payloads together, then
///          the name of the state the device was left in (UTF-8, may be empty).
/// ```
/// A payload other than a chunk is 1 MiB at most. Frames of other types are left out by a reader; a change that can't be
/// left out raises the version. When the value of `checksum` is `crc32c`, the SHA-256 is 0 and is not looked at; when it is
/// `none`, a chunk's CRC-32C too. The other checksums are there all the same.
public enum StreamFile {
  static let format = FrameFormat(
    magic: FrameFormat.magic("VMIG"), version: 2, name: "a stream file",
    content: ([StreamFrame.Kind.chunk.rawValue, StreamFrame.Kind.longChunk.rawValue], StreamFrame.chunkLimit))

  /// The first bytes.
  static var magic: [UInt8] { format.magic }
  /// Bytes of the head.
  static let headSize = FrameFormat.headSize
  static var head: [UInt8] { format.head }

  /// Walks the whole file once and compares everything that can be compared, before any of it is used.
  ///
  /// - Throws: a fault when the file is cut, altered, foreign or can't be read.
  @discardableResult
  public static func verify(path: String) throws(StreamFault) -> StreamSummary {
    let reader = try StreamFileReader(path: path)
    try reader.readAll()
    return reader.summary
  }
}
