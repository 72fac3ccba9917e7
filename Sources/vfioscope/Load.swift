import ArgumentParser
import Inspector
import Migration

/// `load`: puts a saved state into a device and runs it.
struct Load: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Load a saved state into a device and run it.",
    discussion: """
      The device's own state is lost, so this has to be confirmed: at the terminal, or by --yes.
      The file is read once from end to end before anything is written to the device. A device that did not get all of it
      is reset, and never runs on a part.
      """)

  @OptionGroup var options: DeviceOptions
  @OptionGroup var transfer: TransferArguments

  @Option(name: .shortAndLong, help: ArgumentHelp("The file, or - for standard input.", valueName: "file"))
  var input: String

  @Flag(help: "Do it without asking.")
  var yes = false

  func run() throws {
    let source = try openFile()
    let (opened, session) = try options.openSession(journal: journal(tracing: transfer.trace))
    defer { session.interface.close() }
    guard source.identity.protocol == session.interface.protocol else {
      let (theirs, ours) = (source.identity.protocol.rawValue, session.interface.protocol.rawValue)
      throw Failure(.unarmed, "\(input) was saved by protocol \(theirs), \(opened.reference) speaks \(ours)")
    }
    if !yes { try askUser("\(opened.reference): its own state will be lost", about: "load") }
    let watch = TransferWatch(quiet: transfer.json)
    let interruption = Interruption(asking: printable(options.device), cancelling: { watch.cancel() })
    interruption.set("load")
    let report = LoadOperation(
      session, from: source, options: transfer.options(preCopy: false), observer: watch.observer
    ).run()
    interruption.set(nil)
    watch.finish()
    let output = TransferOutput(
      command: "load", devices: [("device", opened.reference.description)], report: report,
      sha256: report.fault == nil && !source.summary.sha256.isEmpty ? source.summary.sha256 : nil)
    if transfer.json { try printJSON(output.json) } else { for line in output.text { try printLine(line) } }
    if report.fault != nil { throw Failure(.broken) }
  }

  /// A file is checked as a whole first; what comes on standard input is checked as it comes.
  private func openFile() throws(Failure) -> StreamFileReader {
    do throws(StreamFault) {
      if input != "-" { try StreamFile.verify(path: input) }
      return try StreamFileReader(path: input)
    } catch {
      throw Failure(.refused, "\(error)")
    }
  }
}
