import Glibc
import VFIO

/// Bytes that are too many to hold in memory, in a file that has no name and is gone with this object.
public final class ScratchFile {
  private let descriptor: StreamDescriptor

  /// How many bytes are in it.
  public var count: Int { Int(descriptor.position) }

  /// An empty file, readable by nobody else, since a device's memory may hold secrets.
  ///
  /// It is where the machine keeps files for a while: in the first of these directories that can have one.
  public init(in directories: [String] = ScratchFile.directories) throws(StreamFault) {
    let unnamed = O_DIRECTORY | 0o20_000_000  // O_TMPFILE, which is put together where Swift does not see it
    var fault: StreamFault?
    for directory in directories {
      do throws(StreamFault) {
        descriptor = try StreamDescriptor(opening: directory, unnamed | O_RDWR, mode: 0o600)
        return
      } catch {
        fault = fault ?? error
      }
    }
    throw fault ?? StreamFault("a file without a name", .refused, "there is no directory for it")
  }

  /// `$TMPDIR` first. The last one is in memory, and takes such files where the others are on a system that does not.
  public static var directories: [String] {
    [getenv("TMPDIR").map { String(cString: $0) }, "/var/tmp", "/tmp", "/dev/shm"].compactMap { $0 }
  }

  /// Puts bytes behind those that are there.
  public func append(_ bytes: RawSpan) throws(StreamFault) {
    try descriptor.write(bytes, RawSpan())
  }

  /// Bytes that are there, all of this part.
  public func bytes(_ part: Range<Int>) throws(StreamFault) -> [UInt8] {
    try descriptor.bytes(at: UInt64(part.lowerBound), count: part.count, all: true)
  }
}
