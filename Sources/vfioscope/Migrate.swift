import ArgumentParser
import Inspector
import Migration

/// `migrate`: moves the state of devices to others, live where they can.
struct Migrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Move the state of one device to another, live where it can.",
    discussion: """
      The destination's own state is lost, so this has to be confirmed: at the terminal, or by --yes.
      A destination of another model than its source (PCI vendor and device) is refused, unless --force is given: it \
      may run with damaged state.
      Afterwards the destination runs and the source is stopped. When it fails before that, the source goes on as \
      before and the destination is reset: it never runs on an incomplete stream.
      Several pairs move together: SOURCE DESTINATION SOURCE DESTINATION. Their devices pass through the peer-to-peer \
      states together where they have them.
      """)

  @Argument(help: "The device to move, the device that takes its place, and more such pairs.")
  var devices: [String]

  @Option(help: "The way to devices of the kernel: their own nodes (cdev) or their groups.")
  var via: DeviceOptions.Way = .auto

  @OptionGroup var transfer: TransferArguments

  @Option(help: "Read while the source still runs, or only once it is stopped.")
  var strategy: Strategy = .preCopy

  @OptionGroup var preCopy: PreCopyArguments

  @Flag(
    inversion: .prefixedNo,
    help: "Make a SHA-256 of what is moved. A device that is faster than one processor's SHA-256 waits for it.")
  var digest = true

  @Flag(help: "Move to a device of another model all the same: fault injection.")
  var force = false

  @Flag(help: "Do it without asking.")
  var yes = false

  enum Strategy: String, ExpressibleByArgument, CaseIterable {
    case preCopy = "pre-copy"
    case stopCopy = "stop-copy"
  }

  func validate() throws {
    guard devices.count >= 2, devices.count % 2 == 0 else {
      throw ValidationError("name a source and a destination, or several such pairs")
    }
    if preCopy.isGiven && strategy == .stopCopy {
      throw ValidationError("--downtime-target and --max-pre-copy-time go with --strategy pre-copy")
    }
    guard Set(devices).count == devices.count || devices.allSatisfy({ $0.hasPrefix("sim:") }) else {
      throw ValidationError("a device can be named once only")
    }
  }

  func run() throws {
    let opened = try devices.map { try open($0) }
    defer { opened.forEach { $0.session.interface.close() } }
    let protocols = Set(opened.map(\.session.interface.protocol))
    guard protocols.count == 1 else { throw Failure(.usage, "the devices speak different protocols") }
    try transfer.checkAccess(to: opened[0].device, opened[0].session)
    for index in stride(from: 0, to: opened.count, by: 2) {
      try preCopy.check(whyNoPreCopy(opened[index].device, opened[index].session))
    }
    try checkModels(opened.map(\.device))
    if !yes {
      let lost = stride(from: 1, to: opened.count, by: 2).map { opened[$0].device.reference.description }
      let whose = lost.count == 1 ? "its" : "their"
      try askUser("\(lost.joined(separator: ", ")): \(whose) own state will be lost", about: "migrate")
    }
    var options = transfer.options(preCopy: strategy == .preCopy)
    preCopy.set(in: &options)
    options.digest = digest
    let watched = opened.enumerated()
      .map { WatchedDevice($0 % 2 == 0 ? "source" : "destination", $1.device, $1.session) }
    let pairs = stride(from: 0, to: opened.count, by: 2).map { (opened[$0].session, opened[$0 + 1].session) }
    let watch = TransferWatch(quiet: transfer.json)
    // The thread that migrates stands still in the call that hangs; the other devices are nobody's then.
    nonisolated(unsafe) let operation = MigrateOperation(pairs, options: options, observer: watch.observer)
    let report = transfer.supervise(
      "migrate", of: watched, showing: watch, rescue: { hanging in operation.rescue(allBut: hanging) }
    ) { _, _ in operation.run() }
    let output = TransferOutput(
      command: "migrate", devices: watched.map { ($0.role, $0.name) }, report: report, digests: report.digests)
    if transfer.json { try printJSON(output.json) } else { for line in output.text { try printLine(line) } }
    if report.fault != nil { throw Failure(.broken) }
  }

  /// Refuses a destination of another model, or only says so.
  private func checkModels(_ devices: [OpenedDevice]) throws(Failure) {
    for index in stride(from: 0, to: devices.count, by: 2) {
      guard let misfit = devices[index + 1].misfit(insteadOf: devices[index]) else { continue }
      guard force else {
        throw Failure(.unarmed, "\(misfit); --force moves it all the same, to see what the device does")
      }
      printError("vfioscope: \(printable(misfit)): it may refuse the data, or run with damaged state")
    }
  }

  private func open(_ name: String) throws -> (device: OpenedDevice, session: MigrationSession) {
    let options = try DeviceOptions.parse([name, "--via", via.rawValue])
    return try options.openSession(journal: journal(tracing: transfer.trace))
  }
}
