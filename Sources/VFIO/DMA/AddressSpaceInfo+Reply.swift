import CVFIO

extension AddressSpaceInfo {
  /// Understands the answer to `VFIO_IOMMU_GET_INFO`.
  init(reply: [UInt8]) throws(DeviceError) {
    guard let flags: UInt32 = reply.number(at: 4), let pageSizes: UInt64 = reply.number(at: 8) else {
      throw DeviceError(.addressSpaceInfo, .malformed("the answer is too short"))
    }
    // A kernel from before Linux 5.4 ends its answer here.
    let start: UInt32 = reply.number(at: 16) ?? 0
    let hasCapabilities = flags & UInt32(CV_IOMMU_INFO_CAPS) != 0
    do throws(CapabilityChain.Fault) {
      self.init(
        pageSizes: flags & UInt32(CV_IOMMU_INFO_PGSIZES) == 0 ? 0 : pageSizes,
        logging: hasCapabilities ? try Self.logging(in: reply, from: start) : nil)
    } catch {
      throw DeviceError(.addressSpaceInfo, .malformed(error.description))
    }
  }

  private static func logging(in reply: [UInt8], from start: UInt32) throws(CapabilityChain.Fault) -> Logging? {
    let chain = try CapabilityChain.walk(reply, from: start, behind: MemoryLayout<cv_iommu_info>.size)
    guard let link = chain.first(where: { $0.id == CV_IOMMU_INFO_CAP_MIGRATION }) else { return nil }
    guard let pageSizes: UInt64 = reply.number(at: link.position + 16),
      let maxBitmapSize: UInt64 = reply.number(at: link.position + 24)
    else { throw .outside(at: link.position, room: reply.count) }
    return Logging(pageSizes: pageSizes, maxBitmapSize: maxBitmapSize)
  }
}
