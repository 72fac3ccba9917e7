import ArgumentParser
import Inspector
import Migration

/// `load`: puts a saved state into a device and runs it.
struct Load: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Load a saved state into a device and run it.",
    discussion: """
      The device's own state is lost, so this has to be confirmed: at the terminal, or by --yes.
      The file is read once from end to end before anything is written to the device; what comes through a pipe is \
      checked as it comes. A device that did not get all of it is reset, and never runs on a part.
      Only --force waives that: it loads a file that is cut, altered, foreign, of another device or of the other protocol, as far as it \
      can be read, and asks the device to run, to see whether it notices. Exit code 0 then means that the device took \
      it.
      """)

  @OptionGroup var options: DeviceOptions
  @OptionGroup var transfer: TransferArguments

  @Option(name: .shortAndLong, help: ArgumentHelp("The file, or - for standard input.", valueName: "file"))
  var input: String

  @Flag(help: "The file holds the device's bytes and nothing else, as save --raw writes them.")
  var raw = false

  @Option(
    parsing: .unconditional,
    help: "Bytes of a chunk, for a file that does not keep them. Protocol v1 needs those of the save.")
  var chunk: ByteNumber?

  @Flag(
    help: "Load the file although it is cut, altered, foreign, of another device or protocol: fault injection.")
  var force = false

  @Flag(help: "Do it without asking.")
  var yes = false

  func validate() throws {
    if raw && force { throw ValidationError("--raw needs no --force: plain bytes have nothing that could be wrong") }
    if force && LoadInput.comesOnce(input) {
      throw ValidationError("--force needs a file: what is wrong with it is said first")
    }
    if chunk != nil && !raw && !force { throw ValidationError("--chunk goes with --raw or --force") }
    guard (1...1 << 30).contains(chunk?.value ?? 1) else { throw ValidationError("--chunk takes 1 to 1G of bytes") }
  }

  func run() throws {
    let found = try openInput()
    let (opened, session) = try options.openSession(journal: journal(tracing: transfer.trace))
    defer { session.interface.close() }
    try transfer.checkAccess(to: opened, session)
    if raw && chunk == nil && session.interface.protocol == .v1 {
      throw Failure(
        .usage,
        "\(opened.reference) speaks protocol v1, which takes its chunks only as they were saved, and plain bytes don't "
          + "keep them: say --chunk BYTES")
    }
    let forced = try forcedLoad(found, on: opened, session.interface.protocol)
    if !yes { try askUser("\(opened.reference): its own state will be lost", about: "load") }
    let device = WatchedDevice("device", opened, session)
    let report = transfer.supervise("load", of: [device], showing: TransferWatch(quiet: transfer.json)) { observer, _ in
      LoadOperation(session, from: found.source, options: transfer.options(preCopy: false), observer: observer).run()
    }
    let output = TransferOutput(
      command: "load", devices: [("device", opened.reference.description)], report: report,
      digests: report.fault == nil ? [found.source.digest].compactMap { $0 } : [], forced: forced)
    if transfer.json { try printJSON(output.json) } else { for line in output.text { try printLine(line) } }
    if report.fault != nil { throw Failure(.broken) }
  }

  private func openInput() throws(Failure) -> LoadInput {
    // As much as is read from a v2 device at once; there the length does not matter.
    let chunk = Int(chunk?.value ?? 1 << 20)
    do throws(StreamFault) {
      return raw ? try .raw(input, chunk: chunk) : try .streamFile(input, force: force, chunk: chunk)
    } catch {
      let isPlain = error.kind == .foreign && !raw ? "; --raw loads a device's plain bytes" : ""
      let canBeForced = error.isDamage && !raw && !force && !LoadInput.comesOnce(input)
      throw Failure(.refused, "\(error)\(isPlain)" + (canBeForced ? Self.hint : ""))
    }
  }

  private static let hint = "; --force loads it all the same, to see what the device does"

  /// Why the stream is not for this device; nil when it may be.
  private func mismatch(_ found: LoadInput, _ opened: OpenedDevice, _ protocol: MigrationProtocol) -> String? {
    guard let identity = found.identity else { return nil }
    guard identity.protocol == `protocol` else {
      return "was saved by protocol \(identity.protocol.rawValue), \(opened.reference) speaks \(`protocol`.rawValue)"
    }
    return opened.misfit(identity)
  }

  /// Says what is wrong and goes on, with --force; nil when nothing is wrong.
  private func forcedLoad(
    _ found: LoadInput, on opened: OpenedDevice, _ protocol: MigrationProtocol
  ) throws(Failure) -> ForcedLoad? {
    var faults = found.faults.map(\.description)
    if let mismatch = mismatch(found, opened, `protocol`) {
      guard force else {
        throw Failure(.unarmed, "\(input) \(mismatch)" + (LoadInput.comesOnce(input) ? "" : Self.hint))
      }
      faults.append("\(input) \(mismatch)")
    }
    guard !faults.isEmpty else { return nil }
    let forced = ForcedLoad(faults: faults, offset: found.faults.first?.offset)
    forced.warning.forEach { printError("vfioscope: \(printable($0))") }
    return forced
  }
}
