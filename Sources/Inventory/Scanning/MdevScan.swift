extension Scan {
  /// Adds the mediated devices.
  mutating func addMdevs() {
    do throws(ReadFailure) {
      let folder = try root.folder("sys/bus/mdev/devices")
      for name in try folder.names() { addMdev(name, in: folder) }
    } catch {
      // Without the mdev module there is no such folder.
      if !error.meansGone { note(error) }
    }
  }

  private mutating func addMdev(_ name: String, in folder: borrowing Folder) {
    guard let uuid = DeviceAddress.uuid(name) else {
      return notices.append(Notice(path: folder.appending(name), problem: .malformed(expected: "a UUID as its name")))
    }
    var device = Device(address: .mdev(uuid))
    do throws(ReadFailure) {
      device.binding = try folder.read("\(name)/uevent").binding
      device.group = groupNumber(at: name, in: folder)
      device.mdev = try mediatedDevice(name, in: folder)
    } catch {
      note(error)
      if error.meansGone { return }
    }
    add(device)
  }

  private mutating func mediatedDevice(
    _ name: String, in folder: borrowing Folder
  ) throws(ReadFailure) -> MediatedDevice {
    // The entry is a link to the device's folder, which lies in its parent's.
    let place = try folder.link(name).split(separator: "/")
    return MediatedDevice(
      parent: place.dropLast().last.map(String.init) ?? "",
      type: folder.linkedNameIfThere("\(name)/mdev_type", noting: &notices),
      typeName: folder.readIfThere("\(name)/mdev_type/name", noting: &notices)?.trimmed)
  }
}
