import Glibc
import Inventory
import Migration
import Simulator
import VFIO

/// Opens devices by their names. The only place that knows all kinds of devices.
public struct DeviceOpener: Sendable {
  /// The way to a device of the kernel; nil takes its own node where there is one, else its group.
  public let interface: KernelInterface?
  /// Where the devices of the kernel are listed from, when that is not this machine; they can't be opened then.
  public let listedFrom: String?
  /// How vfio-user servers are talked to.
  public var socketOptions = VFIOUserOptions()
  /// Who looks on at the messages of vfio-user sockets.
  public var tap: WireTap?

  /// Opens devices of the kernel this way, or not at all, when they are listed from somewhere else.
  public init(via interface: KernelInterface? = nil, listedFrom place: String? = nil) {
    self.interface = interface
    listedFrom = place
  }

  /// Opens a device and looks for its migration. Everything from the first call on is recorded in `journal`.
  public func open(_ reference: DeviceReference, journal: Journal) throws(OpenFailure) -> OpenedDevice {
    switch reference {
    case .simulated(let text): try openSimulated(text, journal)
    case .vfioUser(let path): try openSocket(path, journal)
    case .kernel(let name): try openKernel(name, journal)
    }
  }

  private func openSimulated(_ text: String, _ journal: Journal) throws(OpenFailure) -> OpenedDevice {
    let device: SimulatedDevice
    do throws(AddressError) {
      device = try SimulatedDevice.open(text)
    } catch {
      throw OpenFailure(.name, error.description)
    }
    let reference = DeviceReference.simulated(text)
    let faulty = InterferedDevice(device.withDefect)
    let switches = FaultSwitches(faulty)
    // The address was looked at when it was read: every word in it is known.
    for word in device.faults { try? switches.on(word) }
    let recorded = RecordingDevice(faulty, recorder: journal)
    do throws(DeviceError) {
      var opened = try OpenedDevice(recorded, reference: reference, way: "simulator", journal: journal)
      opened.faults = switches
      return opened
    } catch {
      throw OpenFailure(.refused, "\(reference): \(error)", errno: error.errno)
    }
  }

  private func openSocket(_ path: String, _ journal: Journal) throws(OpenFailure) -> OpenedDevice {
    let reference = DeviceReference.vfioUser(path)
    var status = stat()
    guard stat(path, &status) == 0 else {
      let errno = Errno(rawValue: errno)
      throw OpenFailure(.refused, "\(reference): \(errno)", errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw OpenFailure(.name, "\(reference): not a socket; give the one that a vfio-user server listens on")
    }
    do throws(DeviceError) {
      let device = try VFIOUserDevice.open(path, options: socketOptions, recorder: journal, tap: tap)
      return try OpenedDevice(device, reference: reference, way: "vfio-user", journal: journal)
    } catch {
      // The name says already what was opened.
      let what = error.operation == .open(path: path) ? "\(error.reason)" : "\(error)"
      throw OpenFailure(.refused, "\(reference): \(what)\(Self.hint(error))", errno: error.errno)
    }
  }

  private static func hint(_ error: DeviceError) -> String {
    switch error.errno {
    case Errno(name: "ECONNREFUSED"): "; no server listens there any more"
    default: error.reason == .lost(.timedOut) ? "; the server may be busy with another client" : ""
    }
  }

  // MARK: devices of the kernel

  private func openKernel(_ name: String, _ journal: Journal) throws(OpenFailure) -> OpenedDevice {
    if let listedFrom {
      // This machine may have a device of the same address, which is another one.
      throw OpenFailure(.refused, "\(name): devices of the kernel are listed from \(listedFrom), not opened")
    }
    let machine: Machine
    do throws(ReadFailure) {
      machine = try Machine.scan()
    } catch {
      throw OpenFailure(.refused, error.description)
    }
    let found: Inventory.Device
    do throws(Machine.LookupError) {
      found = try machine.device(at: name)
    } catch {
      throw OpenFailure(.name, error.words)
    }
    try Self.checkBinding(of: found, in: machine)
    do throws(DeviceError) {
      let (device, interface) = try KernelDevice.open(
        Self.location(of: found, in: machine), via: interface, recorder: journal)
      return try OpenedDevice(
        device, reference: .kernel(found.address.description), way: interface.rawValue, journal: journal)
    } catch {
      throw Self.failure(error, opening: found, in: machine)
    }
  }

  private static func location(of device: Inventory.Device, in machine: Machine) -> KernelLocation {
    // A node that is missing, or left over from another device, is as good as none: then the group is the way.
    let node = device.node.flatMap { $0.state == .current ? $0 : nil }
    return KernelLocation(
      name: device.address.description, groupNode: device.group.flatMap { machine.group($0)?.node?.path },
      deviceNode: node?.path, deviceNumber: node?.expected.map { ($0.major, $0.minor) })
  }

  /// Says before anything is opened what the kernel would say less clearly.
  private static func checkBinding(of device: Inventory.Device, in machine: Machine) throws(OpenFailure) {
    guard !device.isBoundToVFIO else { return }
    let what = device.driver.map { "is bound to \($0)" } ?? "is bound to no driver"
    throw OpenFailure(.refused, "\(device.address) \(what); only a device bound to a VFIO driver can be opened")
  }

  private static func failure(
    _ error: DeviceError, opening device: Inventory.Device, in machine: Machine
  ) -> OpenFailure {
    let causes = [heldBy(error, device, machine), blockedBy(device, machine), permission(error)].compactMap { $0 }
    let hint = causes.first.map { "; \($0)" } ?? ""
    return OpenFailure(.refused, "\(device.address): \(error)\(hint)", errno: error.errno)
  }

  /// A node that is open elsewhere answers EBUSY (group) or, at BIND, EINVAL (the device's own node).
  private static func heldBy(_ error: DeviceError, _ device: Inventory.Device, _ machine: Machine) -> String? {
    let isBind = error.operation == .attach(call: "BIND_IOMMUFD")
    guard error.errno == .EBUSY || (isBind && error.errno == .EINVAL) else { return nil }
    let holders = machine.holders(of: device)
    // Our own descriptors are among them while the attempt is being undone.
    let others = holders.processes(except: getpid())
    guard !others.isEmpty else { return holders.caveat.map { "somebody else may hold it, but \($0)" } }
    // Debugfs tells the state whoever has the device open.
    let state = (try? MigrationDebugfs.state(of: device.address)).flatMap { $0 }
    return "held by " + others.joined(separator: ", ") + (state.map { "; debugfs says that it is in \($0)" } ?? "")
  }

  private static func blockedBy(_ device: Inventory.Device, _ machine: Machine) -> String? {
    guard let group = device.group.flatMap({ machine.group($0) }), !group.viability.blocking.isEmpty else { return nil }
    return "group \(group.number) is \(group.viability.description)"
  }

  private static func permission(_ error: DeviceError) -> String? {
    guard error.errno == .EACCES || error.errno == .EPERM else { return nil }
    return "run as root, or get the right to open this node"
  }
}

extension Holders {
  /// `process 812 (qemu-system-x86)` for each, once whatever the number of its descriptors.
  func processes(except own: Int32) -> [String] {
    var seen: Set<Int32> = [own]
    return found.filter { seen.insert($0.pid).inserted }.map { "process \($0.pid) (\($0.command))" }
  }
}

extension Machine.LookupError {
  /// The same with the names of devices that are on no bus.
  fileprivate var words: String {
    if case .notAnAddress = self { "\(self), or vfio-user:PATH, or sim:PROFILE" } else { description }
  }
}
