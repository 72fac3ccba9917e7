import Glibc
import Inventory

/// A made-up machine: a folder with `sys`, `proc` and `dev` in it, which goes away with this object.
package final class Tree {
  package let root: Root
  /// The folder's path.
  package var path: String { root.path }

  /// An empty machine.
  package init() throws {
    var template = Array("/tmp/inventory-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(what: "mkdtemp", errno: errno) }
    root = Root(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    // Users other than the owner look in too, in the tests of what they may not read.
    chmod(root.path, 0o755)
    try folder("sys")
    try folder("proc")
    try folder("dev")
  }

  deinit { remove(root.path) }

  package struct Failure: Error {
    package let what: String
    package let errno: Int32
  }

  package func scan(pciIDs: String? = nil) throws -> Machine {
    // An empty file of names, so that the tests don't depend on what this machine has installed.
    let noNames = root.appending("pci.ids")
    if access(noNames, F_OK) != 0 { try write("pci.ids", "") }
    return try Machine.scan(root: root, pciIDs: pciIDs ?? noNames)
  }
}

// MARK: - What a machine has

extension Tree {
  /// A PCI function: an Ethernet controller, unless another class is given.
  package func pci(
    _ address: String, driver: String? = nil, group: Int? = nil, classCode: String = "20000",
    ids: String = "15B3:101E", subsystem: String = "15B3:0008", virtualFunctionOf parent: String? = nil
  ) throws {
    let driverLine = driver.map { "DRIVER=\($0)\n" } ?? ""
    try write(
      "\(pciPlace)/\(address)/uevent",
      driverLine + "PCI_CLASS=\(classCode)\nPCI_ID=\(ids)\nPCI_SUBSYS_ID=\(subsystem)\nPCI_SLOT_NAME=\(address)\n")
    try link("sys/bus/pci/devices/\(address)", to: "../../../devices/pci0000:00/\(address)")
    if let parent { try link("\(pciPlace)/\(address)/physfn", to: "../\(parent)") }
    if let group { try put("\(pciPlace)/\(address)", inGroup: group) }
  }

  /// A PCI-to-PCI bridge.
  package func bridge(_ address: String, driver: String? = "pcieport", group: Int) throws {
    try pci(address, driver: driver, group: group, classCode: "60400", subsystem: "0000:0000")
  }

  /// A platform device in a group.
  package func platform(_ name: String, driver: String?, group: Int) throws {
    try write("sys/devices/platform/\(name)/uevent", driver.map { "DRIVER=\($0)\n" } ?? "MODALIAS=acpi\n")
    try link("sys/bus/platform/devices/\(name)", to: "../../../devices/platform/\(name)")
    try put("sys/devices/platform/\(name)", inGroup: group)
  }

  /// A mediated device made from a virtual parent.
  package func mdev(
    _ uuid: String, parent: String = "mtty", type: String = "mtty-2", driver: String = "mtty", group: Int
  )
    throws
  {
    let place = "sys/devices/virtual/mtty/\(parent)"
    try write("\(place)/\(uuid)/uevent", "DRIVER=\(driver)\n")
    try write("\(place)/mdev_supported_types/\(type)/name", "Dual port serial\n")
    try link("\(place)/\(uuid)/mdev_type", to: "../mdev_supported_types/\(type)")
    try link("sys/bus/mdev/devices/\(uuid)", to: "../../../devices/virtual/mtty/\(parent)/\(uuid)")
    try put("\(place)/\(uuid)", inGroup: group)
    try write("sys/kernel/iommu_groups/\(group)/name", "vfio-noiommu\n")
    try write("sys/kernel/iommu_groups/\(group)/type", "unknown\n")
  }

  /// VFIO's registration of a device as `vfioN`, with its device number unless the kernel has no nodes for devices.
  package func vfio(_ number: Int, is address: String, number deviceNumber: String? = "510:0") throws {
    let place = "\(pciPlace)/\(address)/vfio-dev/vfio\(number)"
    try folder(place)
    if let deviceNumber { try write("\(place)/dev", "\(deviceNumber)\n") }
    try link("sys/class/vfio-dev/vfio\(number)", to: "../../devices/pci0000:00/\(address)/vfio-dev/vfio\(number)")
  }

  /// The kernel's entry of a group's node: `12` or `noiommu-12`.
  package func groupNode(_ name: String, number deviceNumber: String) throws {
    try write("sys/class/vfio/\(name)/dev", "\(deviceNumber)\n")
  }

  /// A process with open descriptors and what the kernel says of some of them.
  package func process(_ pid: Int, _ command: String, open links: [Int: String], fdinfo: [Int: String] = [:]) throws {
    try write("proc/\(pid)/comm", "\(command)\n")
    try folder("proc/\(pid)/fd")
    for (fd, target) in links { try link("proc/\(pid)/fd/\(fd)", to: target) }
    for (fd, text) in fdinfo { try write("proc/\(pid)/fdinfo/\(fd)", text) }
  }

  package var pciPlace: String { "sys/devices/pci0000:00" }

  private func put(_ place: String, inGroup group: Int) throws {
    try link("\(place)/iommu_group", to: "../../../kernel/iommu_groups/\(group)")
    let type = "sys/kernel/iommu_groups/\(group)/type"
    if access(root.appending(type), F_OK) != 0 { try write(type, "DMA-FQ\n") }
  }
}

// MARK: - Files

extension Tree {
  package func folder(_ place: String) throws {
    var path = root.path
    for part in place.split(separator: "/") {
      path += "/\(part)"
      if mkdir(path, 0o755) != 0 && errno != EEXIST { throw Failure(what: path, errno: errno) }
    }
  }

  package func write(_ place: String, _ text: String) throws { try write(place, bytes: Array(text.utf8)) }

  package func write(_ place: String, bytes: [UInt8]) throws {
    try makeParent(of: place)
    guard let file = fopen(root.appending(place), "w") else { throw Failure(what: place, errno: errno) }
    defer { fclose(file) }
    if fwrite(bytes, 1, bytes.count, file) != bytes.count { throw Failure(what: place, errno: errno) }
  }

  package func link(_ place: String, to target: String) throws {
    try makeParent(of: place)
    if symlink(target, root.appending(place)) != 0 { throw Failure(what: place, errno: errno) }
  }

  package func delete(_ place: String) { remove(root.appending(place)) }

  package func forbid(_ place: String) { chmod(root.appending(place), 0) }

  private func makeParent(of place: String) throws {
    try folder(place.split(separator: "/").dropLast().joined(separator: "/"))
  }

  private func remove(_ path: String) {
    if unlink(path) == 0 || errno != EISDIR { return }
    if let stream = opendir(path) {
      while let entry = readdir(stream) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != "." && name != ".." { remove("\(path)/\(name)") }
      }
      closedir(stream)
    }
    rmdir(path)
  }
}

/// Runs `body` with the file rights of an ordinary user, also when the tests run as root.
package func asOrdinaryUser<Result>(_ body: () throws -> Result) rethrows -> Result {
  // setfsuid() concerns this thread alone, and the header that declares it is in no module.
  typealias SetFileUser = @convention(c) (uid_t) -> CInt
  guard geteuid() == 0, let symbol = dlsym(nil, "setfsuid") else { return try body() }
  let setFileUser = unsafeBitCast(symbol, to: SetFileUser.self)
  _ = setFileUser(65534)
  defer { _ = setFileUser(0) }
  return try body()
}
