import ArgumentParser
import Inspector
import Migration
import VFIO

/// What every command that opens a device takes.
struct DeviceOptions: ParsableArguments {
  @Argument(help: "The device: a PCI address, a UUID, a node in /dev/vfio/devices, vfio-user:PATH, or sim:PROFILE.")
  var device: String

  @Option(help: "The way to a device of the kernel: its own node (cdev) or its group.")
  var via: Way = .auto

  enum Way: String, ExpressibleByArgument, CaseIterable {
    case auto, cdev, group

    var interface: KernelInterface? { KernelInterface(rawValue: rawValue) }
  }

  /// Opens the device.
  func open(journal: Journal) throws(OpenFailure) -> OpenedDevice {
    try DeviceOpener(via: via.interface).open(DeviceReference(device), journal: journal)
  }

  /// Opens the device and ends the command when it has no migration.
  func openSession(journal: Journal) throws -> (OpenedDevice, MigrationSession) {
    let opened = try open(journal: journal)
    switch opened.migration {
    case .session(let session): return (opened, session)
    case .none(let errno):
      throw Failure(
        .refused, "\(opened.reference) does not migrate: no migration region, and feature MIGRATION answers \(errno)")
    }
  }
}
