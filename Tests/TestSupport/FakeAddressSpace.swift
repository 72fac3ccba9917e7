import Synchronization
import VFIO

/// An address space that refuses what a test tells it to, and keeps what was asked of it. Every page is always dirty.
package final class FakeAddressSpace: AddressSpace {
  /// What can be asked.
  package enum Call: Sendable {
    case info, map, unmapWithBitmap, unmap, startLogging, stopLogging, readLog
  }

  private let answer: AddressSpaceInfo
  private let refusals: [Call: Errno]
  private let asked = Mutex<[Call]>([])

  /// With pages of these sizes (bit n means 2^n bytes), and these refusals.
  package init(pageSizes: UInt64 = 4096, refusing refusals: [Call: Errno] = [:]) {
    answer = AddressSpaceInfo(
      pageSizes: pageSizes, logging: .init(pageSizes: pageSizes, maxBitmapSize: 1 << 28))
    self.refusals = refusals
  }

  /// What was asked so far.
  package var calls: [Call] { asked.withLock { $0 } }

  package func info() throws(DeviceError) -> AddressSpaceInfo {
    try take(.info, .addressSpaceInfo)
    return answer
  }

  package func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError) {
    try take(.map, .mapDMA(DMARange(iova: iova, length: UInt64(memory.count))))
  }

  package func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    try take(dirty == nil ? .unmap : .unmapWithBitmap, .unmapDMA(range, pageSize: dirty?.pageSize))
    dirty?.fill()
  }

  package func startLogging() throws(DeviceError) { try take(.startLogging, .dirtyPagesStart) }

  package func stopLogging() throws(DeviceError) { try take(.stopLogging, .dirtyPagesStop) }

  package func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    try take(.readLog, .dirtyPagesGet(bitmap.range, pageSize: bitmap.pageSize))
    bitmap.fill()
  }

  private func take(_ call: Call, _ operation: Operation) throws(DeviceError) {
    asked.withLock { $0.append(call) }
    if let errno = refusals[call] { throw DeviceError(operation, errno) }
  }
}
