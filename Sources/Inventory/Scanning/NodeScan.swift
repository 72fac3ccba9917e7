import Glibc

extension Scan {
  /// Tells each device that VFIO has its number and its node.
  mutating func addDeviceNodes() {
    do throws(ReadFailure) {
      let folder = try root.folder("sys/class/vfio-dev")
      for name in try folder.names() { addDeviceNode(name, in: folder) }
    } catch {
      // Kernels before 6.1, and those without VFIO, have no such class.
      if !error.meansGone { note(error) }
    }
  }

  private mutating func addDeviceNode(_ name: String, in folder: borrowing Folder) {
    guard name.hasPrefix("vfio"), let number = Int(name.dropFirst(4)),
      let index = indexOfDevice(named: name, in: folder)
    else { return }
    devices[index].vfioNumber = number
    // A kernel without VFIO_DEVICE_CDEV has the entry but no number in it, and no node.
    guard let expected = deviceNumber("\(name)/dev", in: folder) else { return }
    devices[index].node = node("dev/vfio/devices/\(name)", expecting: expected)
  }

  /// The device that `vfioN` is: the link of the class ends in `.../DEVICE/vfio-dev/vfioN`.
  private mutating func indexOfDevice(named name: String, in folder: borrowing Folder) -> Int? {
    do throws(ReadFailure) {
      let device = try folder.link(name).split(separator: "/").dropLast(2).last
      return device.flatMap { index(named: String($0)) }
    } catch {
      note(error)
      return nil
    }
  }

  /// The nodes of all groups that have one, by their names in `/dev/vfio`: `12`, `noiommu-3`.
  mutating func groupNodes() -> [String: DeviceNode] {
    var nodes: [String: DeviceNode] = [:]
    do throws(ReadFailure) {
      let folder = try root.folder("sys/class/vfio")
      for name in try folder.names() {
        nodes[name] = node("dev/vfio/\(name)", expecting: deviceNumber("\(name)/dev", in: folder))
      }
    } catch {
      // There is no such class before the module vfio is loaded.
      if !error.meansGone { note(error) }
    }
    // What lies in /dev without the kernel knowing it is stale, and worth showing.
    for name in root.listing("dev/vfio", noting: &notices) ?? [] where nodes[name] == nil {
      nodes[name] = node("dev/vfio/\(name)", expecting: nil)
    }
    return nodes
  }

  private mutating func deviceNumber(_ place: String, in folder: borrowing Folder) -> DeviceNumber? {
    guard let text = folder.readIfThere(place, noting: &notices) else { return nil }
    let number = DeviceNumber(text.trimmed)
    if number == nil {
      notices.append(Notice(path: folder.appending(place), problem: .malformed(expected: "a device number")))
    }
    return number
  }

  private mutating func node(_ place: String, expecting expected: DeviceNumber?) -> DeviceNode {
    var status = stat()
    guard stat(root.appending(place), &status) == 0 else {
      let failure = ReadFailure(path: root.appending(place))
      if !failure.meansGone { note(failure) }
      return DeviceNode(path: "/\(place)", expected: expected, file: nil)
    }
    let isCharacterDevice = status.st_mode & S_IFMT == S_IFCHR
    let file = DeviceNode.File(
      number: isCharacterDevice ? DeviceNumber(raw: UInt64(status.st_rdev)) : nil,
      mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
    return DeviceNode(path: "/\(place)", expected: expected, file: file)
  }
}
