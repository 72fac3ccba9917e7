import CVFIO
import Glibc

/// Mapped pages. Whoever uses them holds this object, so they are there until the last use has ended.
final class Mapping: Sendable {
  private nonisolated(unsafe) let pages: UnsafeMutableRawPointer
  private let pagesCount: Int
  /// Where the bytes that were asked for begin: pages can only be mapped whole.
  private let start: Int
  /// The bytes that were asked for.
  let count: Int

  /// Maps `count` bytes, one or more, that begin at `place` on the descriptor, with the pages around them.
  init(
    _ descriptor: borrowing FileDescriptor, at place: UInt64, count: Int, access: Region.Flags, as operation: Operation
  ) throws(DeviceError) {
    start = Int(place % UInt64(sysconf(Int32(_SC_PAGESIZE))))
    self.count = count
    pagesCount = start + count
    let protection = (access.contains(.read) ? PROT_READ : 0) | (access.contains(.write) ? PROT_WRITE : 0)
    let mapped = mmap(nil, pagesCount, protection, MAP_SHARED, descriptor.borrowed, off_t(place) - off_t(start))
    guard let mapped, mapped != MAP_FAILED else { throw DeviceError(operation, .current) }
    pages = mapped
  }

  deinit {
    munmap(pages, pagesCount)
  }

  /// The bytes that were asked for. They must not be used longer than this object is held.
  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: pages + start, count: count)
  }

  /// Fills `buffer` from `offset` on; the caller has looked that it fits.
  func copy(from offset: Int, into buffer: inout MutableRawSpan, as operation: Operation) throws(DeviceError) {
    let source = pages + start + offset
    let result = buffer.withUnsafeMutableBytes { Self.copy($0.baseAddress, source, $0.count) }
    guard result == 0 else { throw DeviceError(operation, .current) }
  }

  /// Copies `bytes` to `offset`; the caller has looked that they fit.
  func copy(_ bytes: RawSpan, to offset: Int, as operation: Operation) throws(DeviceError) {
    let target = pages + start + offset
    let result = bytes.withUnsafeBytes { Self.copy(target, $0.baseAddress, $0.count) }
    guard result == 0 else { throw DeviceError(operation, .current) }
  }

  /// Takes the pages that lie in these bytes out of this process, until they are touched again. Only for pages of a file,
  /// whose content stays there and comes back by itself: a driver need not bring its own back.
  func letGo(of place: Range<Int>) {
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    let (first, end) = ((start + place.lowerBound) / size * size, start + place.upperBound)
    // That it can't be done costs memory, nothing else.
    madvise(pages + first, end - first, MADV_DONTNEED)
  }

  private static func copy(_ target: UnsafeMutableRawPointer?, _ source: UnsafeRawPointer?, _ count: Int) -> Int32 {
    // An empty buffer need not have an address.
    count == 0 ? 0 : cv_copy_mapped(target, source, count)
  }
}
