import VFIO

/// The log of written pages, whoever keeps it: one way to start it, ask it and stop it.
enum DirtyTracker: Sendable {
  /// The address space notes, in pages of this size.
  case container(any AddressSpace, pageSize: UInt64)
  /// The device notes.
  case device(any Device)

  /// The log that is wanted, or the one there is: the device's own where it offers one.
  init(
    _ wanted: DirtyLog?, of device: any Device, in space: any AddressSpace, _ info: AddressSpaceInfo
  ) throws(DirtyFault) {
    let chosen: DirtyLog
    if let wanted {
      chosen = wanted
    } else if try forWatch({ () throws(DeviceError) in try device.offers(.set, .dmaLoggingStart) }) {
      chosen = .device
    } else if info.logging != nil {
      chosen = .container
    } else {
      throw .noLog
    }
    switch chosen {
    case .device: self = .device(device)
    case .container: self = .container(space, pageSize: (info.logging?.pageSizes ?? info.pageSizes).smallestPage)
    }
  }

  var log: DirtyLog {
    switch self {
    case .container: .container
    case .device: .device
    }
  }

  /// Why it could not be started: perhaps the other one is to be asked.
  func fault(_ error: DeviceError, _ device: any Device, _ info: AddressSpaceInfo) -> DirtyFault {
    // An iommufd says by itself where the log is.
    if case .absent = error.reason { return .device(error) }
    guard error.errno == .ENOTTY else { return .device(error) }
    switch self {
    case .container:
      let deviceLogs = (try? device.offers(.set, .dmaLoggingStart)) ?? false
      return deviceLogs ? .otherLogs(.device, error) : .noLog
    case .device: return info.logging == nil ? .noLog : .otherLogs(.container, error)
    }
  }

  /// From now on what the device writes in the range is noted.
  ///
  /// - Returns: what one bit stands for, which need not be what was asked for.
  func start(_ range: DMARange, asking pageSize: UInt64) throws(DeviceError) -> UInt64 {
    switch self {
    case .container(let space, let own):
      try space.startLogging()
      return own
    case .device(let device):
      let granted = try device.startLogging([range], pageSize: pageSize)
      guard granted.nonzeroBitCount == 1 else {
        try device.stopLogging()
        throw DeviceError(
          .startLogging(ranges: [range], pageSize: pageSize), .malformed("\(granted) can't be a page size"))
      }
      return granted
    }
  }

  /// Sets the bits of the pages that were written since the last time.
  func report(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    switch self {
    case .container(let space, _): try space.readLog(into: &bitmap)
    case .device(let device): try device.reportLogging(into: &bitmap)
    }
  }

  func stop() throws(DeviceError) {
    switch self {
    case .container(let space, _): try space.stopLogging()
    case .device(let device): try device.stopLogging()
    }
  }
}
