extension Region {
  /// The parts that may be mapped: those that `VFIO_REGION_INFO_CAP_SPARSE_MMAP` names, all of the region when it has no
  /// such capability, none when `VFIO_REGION_INFO_FLAG_MMAP` is not set.
  public var mappableAreas: [RegionCapability.Area] {
    guard flags.contains(.map) else { return [] }
    let named = capabilities.compactMap { capability in
      if case .sparseMap(let areas) = capability { areas } else { nil }
    }
    return named.isEmpty ? [.init(offset: 0, size: size)] : named.flatMap { $0 }
  }

  /// Refuses what the region does not let be mapped: `ENOTSUP` when it lets nothing be mapped, else a reason in words.
  ///
  /// Every device checks with this before it maps anything.
  public func checkMap(offset: UInt64, count: Int) throws(DeviceError) {
    let operation = Operation.map(region: index, offset: offset, count: count)
    guard flags.contains(.map) else { throw DeviceError(operation, .ENOTSUP) }
    guard count > 0 else { throw DeviceError(operation, .malformed("a window has at least one byte")) }
    let whole = RegionCapability.Area(offset: 0, size: size)
    guard whole.holds(offset, UInt64(count)), mappableAreas.contains(where: { $0.holds(offset, UInt64(count)) }) else {
      throw DeviceError(operation, .malformed("this is not inside one of the parts that may be mapped"))
    }
    // A position on a descriptor is a signed number.
    let (end, overflow) = self.offset.addingReportingOverflow(offset + UInt64(count))
    guard !overflow, end <= UInt64(Int64.max) else {
      throw DeviceError(operation, .malformed("the region's place on the descriptor is out of range"))
    }
  }
}

extension RegionCapability.Area {
  /// Whether these bytes are all inside.
  fileprivate func holds(_ start: UInt64, _ count: UInt64) -> Bool {
    start >= offset && count <= size && start - offset <= size - count
  }
}
