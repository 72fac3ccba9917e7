import Glibc
import VFIO

/// Memory of ours that a device can reach, until it is taken back or let go of.
final class LentMemory {
  let space: any AddressSpace
  /// What the address space says of itself.
  let info: AddressSpaceInfo
  /// The smallest page, in bytes.
  let pageSize: UInt64
  /// Where the device sees the memory.
  let range: DMARange
  private let memory: SharedMemory

  /// Lends `pages` pages to the device on the bench; a check that needs them can't be tried where it can have none.
  init(_ bench: Bench, pages: UInt64) throws(Untried) {
    let space = try bench.addressSpace()
    info = try bench.need(Answer { () throws(DeviceError) in try space.info() }, "IOMMU_GET_INFO")
    let sizes = info.logging?.pageSizes ?? info.pageSizes
    pageSize = sizes == 0 ? 4096 : 1 << UInt64(sizes.trailingZeroBitCount)
    // From 1 MiB on: no machine keeps these addresses for something else.
    range = DMARange(iova: max(0x10_0000, pageSize), length: pages * pageSize)
    guard let memory = SharedMemory(count: Int(range.length)) else {
      throw Untried("there are no \(range.length) bytes of memory to lend")
    }
    (self.space, self.memory) = (space, memory)
    let start = range.iova
    _ = try bench.need(Answer { () throws(DeviceError) in try space.map(memory, at: start) }, "mapping memory")
  }

  /// What is in it now.
  var bytes: [UInt8] { memory.withBytes { $0.withUnsafeBytes(Array.init) } }

  /// How many bytes of it become others within a few milliseconds, while the device is asked for its state.
  func changes(while look: () -> Void) -> Int {
    let before = bytes
    for _ in 0..<3 {
      look()
      usleep(3000)
    }
    look()
    return zip(before, bytes).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
  }

  /// Takes it away from the device.
  func takeBack() {
    var none: DirtyBitmap?
    try? space.unmap(range, dirty: &none)
  }
}

extension Bench {
  /// Where the device does DMA, or the check can't be tried.
  func addressSpace() throws(Untried) -> any AddressSpace {
    do throws(DeviceError) {
      return try device.addressSpace()
    } catch {
      throw Untried("the device has no address space: \(error.reason)")
    }
  }
}
