import ArgumentParser
import Inspector
import Inventory

/// `list`: the groups and devices of this machine, or of a copy of its files. Opens none of them.
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the IOMMU groups and devices. Opens no device of the kernel.",
    discussion: """
      With --socket the servers at these vfio-user sockets are asked what they serve. A server that serves one client \
      and no more ends after that.
      """)

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: "A folder that holds sys/, proc/ and dev/ in the place of /.")
  var root: String = "/"

  @Flag(help: "Also read how each device can be reset, its driver override and its NUMA node.")
  var details = false

  @Flag(help: "List the simulated lab machine.")
  var demo = false

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Also list what is behind these vfio-user sockets.", valueName: "path")
  )
  var socket: [String] = []

  func run() throws {
    var listing = demo ? Listing.demo : try Listing.scanned(Root(root))
    if details { listing.addDetails { demo ? nil : ListedDevice.details(of: $0, root: Root(root)) } }
    listing.sockets = ListedSocket.looked(at: socket)
    if json {
      try printJSON(listing.json)
    } else {
      try listing.text.forEach(printLine)
    }
  }
}

extension Listing {
  /// Gives every device its details; those of a device for which `read` has none say nothing.
  mutating func addDetails(_ read: (DeviceReference) -> ListedDevice.Details?) {
    let nothing = ListedDevice.Details(resetMethods: nil, driverOverride: nil, numaNode: nil)
    func add(_ device: inout ListedDevice) { device.details = read(device.reference) ?? nothing }
    for group in groups.indices {
      for device in groups[group].devices.indices { add(&groups[group].devices[device]) }
    }
    for device in ungrouped.indices { add(&ungrouped[device]) }
  }

  /// What the machine under `root` has.
  static func scanned(_ root: Root) throws(Failure) -> Listing {
    do throws(ReadFailure) {
      return Listing(try Machine.scan(root: root))
    } catch {
      throw Failure(.refused, "\(error); --root takes a folder that holds sys")
    }
  }

  /// The listing as lines for people.
  var text: [String] {
    let heading = ["GROUP", "DEVICE", "DRIVER", "VERDICT", "NODE", "WHAT"]
    let rows =
      groups.flatMap { group in group.devices.map { row($0, group) } } + ungrouped.map { row($0, nil) }
    var lines = rows.isEmpty ? ["No devices."] : columns([heading] + rows)
    lines += sockets.text
    lines += groups.filter { !$0.isViable }.map { "group \($0.number) is \(printable($0.explanation))" }
    lines += advice.map(printable)
    lines += notices.map { "notice: \(printable($0))" }
    return lines
  }

  private func row(_ device: ListedDevice, _ group: ListedGroup?) -> [String] {
    [
      group.map { String($0.number) } ?? "-", device.address, device.driver ?? "-", group?.verdict ?? "no group",
      group?.node ?? "-", device.summary,
    ].map(printable)
  }
}
