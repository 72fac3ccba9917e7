/// Who has VFIO nodes open, from the descriptors of all processes.
public struct Holders: Sendable, Equatable {
  /// The open descriptors that were found, by process and number.
  public private(set) var found: [Holder] = []
  /// How many processes could not be looked into, which is all of other users' when this one is not root.
  public private(set) var unreadableProcesses = 0
  /// What else could not be read.
  public private(set) var notices: [Notice] = []

  /// What is missing from `found`, as a line for people; nil when nothing is.
  public var caveat: String? {
    switch unreadableProcesses {
    case 0: nil
    case 1: "1 process could not be looked into; run as root to see all."
    default: "\(unreadableProcesses) processes could not be looked into; run as root to see all."
    }
  }
}

/// One open descriptor that holds a group or a device.
public struct Holder: Sendable, Equatable {
  /// The process.
  public let pid: Int32
  /// Its command name (`comm`, at most 15 bytes), raw.
  public let command: String
  /// Its control group, which tells its unit or container; nil when it could not be read.
  public let controlGroup: String?
  /// The descriptor's number.
  public let fd: Int32
  /// What is open.
  public let target: Target

  /// What a holder can hold.
  public enum Target: Sendable, Equatable {
    /// A node, by its path.
    case node(String)
    /// A device, by its folder in sysfs: known since Linux 6.18.
    case device(String)
  }
}

extension Holders {
  /// Finds who has one of `nodes` open, such as `/dev/vfio/12` and `/dev/vfio/devices/vfio3`, or one of `devices`.
  ///
  /// A descriptor got from a group has no path of its own; it is found by `devices` on Linux 6.18 and later.
  public static func of(nodes: [String], devices: [DeviceAddress] = [], root: Root = .system) -> Holders {
    var search = HolderSearch(nodes: Set(nodes), devices: Set(devices.map(\.description)))
    var holders = Holders()
    do throws(ReadFailure) {
      let proc = try root.folder("proc")
      for pid in try proc.names().compactMap({ Int32($0) }).sorted() {
        search.look(into: pid, of: proc)
      }
    } catch {
      holders.notices.append(Notice(error))
    }
    holders.found = search.found
    holders.unreadableProcesses = search.unreadable
    return holders
  }
}

extension Machine {
  /// Finds who holds `device` or its group.
  public func holders(of device: Device) -> Holders {
    let groupNode = device.group.flatMap { group($0)?.node }
    return Holders.of(nodes: [groupNode, device.node].compactMap { $0?.path }, devices: [device.address], root: root)
  }
}
