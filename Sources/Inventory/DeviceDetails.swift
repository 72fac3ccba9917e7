/// What is read for one device at a time, because it would slow the scan of many.
public struct DeviceDetails: Sendable, Equatable {
  /// The only driver that may bind to it (`driver_override`); nil when any that matches may.
  public private(set) var driverOverride: String?
  /// The ways it can be reset, first the one that is used, such as `flr` and `bus` (`reset_method`, Linux 5.15).
  /// Empty when it can't be reset; nil when the kernel does not say.
  public private(set) var resetMethods: [String]?
  /// The NUMA node it is near to; nil when it is near to none.
  public private(set) var numaNode: Int?
  /// How many virtual functions it could have (`sriov_totalvfs`); nil when it has no SR-IOV.
  public private(set) var totalVirtualFunctions: Int?
  /// What could not be read.
  public private(set) var notices: [Notice] = []

  /// Reads the details of `device` under `root`.
  public static func read(of device: DeviceAddress, root: Root = .system) -> DeviceDetails {
    var details = DeviceDetails()
    do throws(ReadFailure) {
      let folder = try root.folder(device.sysfsPlace)
      details.fill(from: folder)
    } catch {
      details.notices = [Notice(error)]
    }
    return details
  }

  private mutating func fill(from folder: borrowing Folder) {
    // "(null)" is how the kernel prints that there is none.
    driverOverride = folder.readIfThere("driver_override", noting: &notices)?.trimmed
    if driverOverride == "(null)" || driverOverride == "" { driverOverride = nil }
    resetMethods = folder.readIfThere("reset_method", noting: &notices)?.words
    // -1 is how the kernel prints that there is none.
    numaNode = number("numa_node", in: folder).flatMap { $0 < 0 ? nil : $0 }
    totalVirtualFunctions = number("sriov_totalvfs", in: folder)
  }

  private mutating func number(_ name: String, in folder: borrowing Folder) -> Int? {
    guard let text = folder.readIfThere(name, noting: &notices) else { return nil }
    if text.number == nil {
      notices.append(Notice(path: folder.appending(name), problem: .malformed(expected: "a number")))
    }
    return text.number
  }
}
