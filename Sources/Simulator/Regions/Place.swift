import VFIO

/// Where an access lies in something of so many bytes: it must begin inside, and what goes beyond the end is cut off,
/// as the kernel's own regions do.
struct Place {
  let range: Range<Int>

  init(_ offset: UInt64, _ count: Int, in size: Int) throws(Refusal) {
    guard offset < UInt64(size) else { throw Refusal(.EINVAL) }
    let start = Int(offset)
    range = start..<start + min(count, size - start)
  }
}
