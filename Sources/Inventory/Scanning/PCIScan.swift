extension Scan {
  /// Adds the PCI functions.
  ///
  /// One file a function, `uevent`, holds what would else take six; with ten thousand functions that is what counts.
  mutating func addPCI() {
    // In order from the start: short names are sorted several times faster than the devices made from them, and the
    // kernel finds neighbours together.
    let names = (root.listing("sys/bus/pci/devices", noting: &notices) ?? []).sorted()
    for part in inParallel(names, { [root] in Scan(root: root, ofPCI: $0) }) { absorb(part) }
    linkVirtualFunctions()
  }

  private init(root: Root, ofPCI names: ArraySlice<String>) {
    self.init(root: root)
    do throws(ReadFailure) {
      let folder = try root.folder("sys/bus/pci/devices")
      for name in names { addPCI(name, in: folder) }
    } catch {
      note(error)
    }
  }

  private mutating func addPCI(_ name: String, in folder: borrowing Folder) {
    guard let address = PCIAddress(name) else {
      return notices.append(
        Notice(path: folder.appending(name), problem: .malformed(expected: "a PCI address as its name")))
    }
    var device = Device(address: .pci(address))
    do throws(ReadFailure) {
      let uevent = try folder.read("\(name)/uevent")
      if uevent.isCut {
        notices.append(Notice(path: folder.appending("\(name)/uevent"), problem: .tooLong(limit: FileText.limit)))
      }
      device.pci = PCIFunction(uevent: uevent)
      device.binding = uevent.binding
      if device.pci == nil {
        // Without its ids the file is not to be trusted about the driver either.
        device.binding = .unknown
        notices.append(
          Notice(
            path: folder.appending("\(name)/uevent"), problem: .malformed(expected: "a PCI function's class and ids")))
      }
    } catch {
      note(error)
      if error.meansGone { return }
    }
    device.group = groupNumber(at: name, in: folder)
    let parent = folder.linkedNameIfThere("\(name)/physfn", noting: &notices)
    device.pci?.physicalFunction = parent.flatMap { PCIAddress($0) }
    add(device)
  }

  /// Tells each physical function its virtual ones: every VF names its parent, so no parent's links need reading.
  private mutating func linkVirtualFunctions() {
    let virtual = devices.compactMap { device in
      device.pci?.physicalFunction.flatMap { parent in device.address.pci.map { (parent: parent, address: $0) } }
    }
    for (parent, address) in virtual.sorted(by: { $0.address < $1.address }) {
      guard let index = index(of: .pci(parent)) else { continue }
      devices[index].pci?.virtualFunctions.append(address)
    }
  }
}

extension PCIFunction {
  /// Reads the kernel's `PCI_CLASS=10802`, `PCI_ID=144D:A80A` and `PCI_SUBSYS_ID=144D:A801`; nil when the first two are
  /// not there. (Bridges have no subsystem ids; the kernel then writes 0000:0000.)
  init?(uevent: FileText) {
    guard let classCode = uevent.value(after: "PCI_CLASS=").flatMap({ number($0, digits: 6) }),
      let ids = uevent.value(after: "PCI_ID=").flatMap({ pair($0) })
    else { return nil }
    let subsystem = uevent.value(after: "PCI_SUBSYS_ID=").flatMap { pair($0) } ?? (0, 0)
    self.init(
      vendor: ids.0, device: ids.1, subsystemVendor: subsystem.0, subsystemDevice: subsystem.1, classCode: classCode)
  }
}

/// A whole field that is one hexadecimal number.
private func number(_ field: ArraySlice<UInt8>, digits: Int) -> UInt32? {
  var reader = HexReader(field)
  guard let number = reader.number(upTo: digits), reader.isAtEnd else { return nil }
  return number
}

/// A whole field that is two 16-bit hexadecimal numbers with a colon between.
private func pair(_ field: ArraySlice<UInt8>) -> (UInt16, UInt16)? {
  var reader = HexReader(field)
  guard let first = reader.number(upTo: 4), reader.skip(":"), let second = reader.number(upTo: 4), reader.isAtEnd
  else { return nil }
  return (UInt16(first), UInt16(second))
}

extension FileText {
  /// Which driver a device's `uevent` names. A bound device has a `DRIVER=` line, an unbound one has none.
  var binding: Binding {
    guard let driver = value(after: "DRIVER="), !driver.isEmpty else { return .unbound }
    return .driver(String(decoding: driver, as: UTF8.self))
  }
}
