import ArgumentParser
import Inspector
import Migration

/// What every command takes that looks closely at one device, or lists what there is to look at.
struct CheckedDevice: ParsableArguments {
  @Argument(help: "The device: a PCI address, a UUID, a node in /dev/vfio/devices, vfio-user:PATH, or sim:PROFILE.")
  var device: String?

  @Option(help: "The way to a device of the kernel: its own node (cdev) or its group.")
  var via: DeviceOptions.Way = .auto

  @Flag(help: "Print every access to the device on standard error.")
  var trace = false

  @Option(help: "Give up when a call does not come back for so many seconds.")
  var timeout: Double = 30

  @Flag(help: "Do what needs a confirmation without asking.")
  var yes = false

  func validate() throws {
    guard (0.1...1e6).contains(timeout) else { throw ValidationError("--timeout takes 0.1 to 1000000 seconds") }
  }

  /// Opens the device and ends the command when it has no migration.
  func openSession() throws -> (OpenedDevice, MigrationSession) {
    var options = DeviceOptions()
    (options.device, options.via) = (device ?? "", via)
    return try options.openSession(journal: journal(tracing: trace))
  }

  /// Watches the device's calls. One that does not come back ends the program, after `leaving` has saved what there is,
  /// and has been told what does not come back.
  func watchHangs(
    _ opened: OpenedDevice, _ session: MigrationSession, leaving: @escaping @Sendable (_ why: String) -> Void = { _ in }
  ) -> HangWatch {
    HangWatch(
      [WatchedDevice("device", opened, session)], timeout: .seconds(timeout), showing: TransferWatch(quiet: true),
      leaving: { leaving($1) })
  }
}
