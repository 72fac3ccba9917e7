import ArgumentParser
import Glibc
import Inspector
import Migration
import Synchronization

/// `save`: moves a device's state into a file. The device goes on afterwards as it was before.
struct Save: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Save a device's state to a file.",
    discussion: """
      The device is stopped while its data is read, and goes on afterwards as before, also when saving fails. The file \
      gets its name only when it is complete; until then it is called FILE.part.
      """)

  @OptionGroup var options: DeviceOptions
  @OptionGroup var transfer: TransferArguments

  @Option(name: .shortAndLong, help: ArgumentHelp("The file, or - for standard output.", valueName: "file"))
  var output: String

  @Flag(help: "Read what the device gives while it still runs, before it is stopped.")
  var preCopy = false

  @OptionGroup var preCopyEnd: PreCopyArguments

  @Flag(help: "Write the device's bytes and nothing else: no phases, no chunk boundaries, no checksums.")
  var raw = false

  @Option(
    help: """
      What is made of the bytes: a CRC-32C for each chunk and a SHA-256 of all (sha256), CRC-32C alone (crc32c), nothing \
      (none). One processor's SHA-256 is slower than a fast device: that goes on before it is made.
      """)
  var checksums = Checksums.sha256

  @Flag(help: "Replace a file that is there.")
  var replace = false

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output takes a file, or - for standard output") }
    if preCopyEnd.isGiven && !preCopy {
      throw ValidationError("--downtime-target and --max-pre-copy-time go with --pre-copy")
    }
    if output == "-" && isatty(STDOUT_FILENO) == 1 {
      throw ValidationError("a device's bytes would drive the terminal: name a file, or give -o - a pipe")
    }
    if output == "-" && transfer.json { throw ValidationError("the stream and the JSON can't both be standard output") }
  }

  func run() throws {
    let (opened, session) = try options.openSession(journal: journal(tracing: transfer.trace))
    defer { session.interface.close() }
    try transfer.checkAccess(to: opened, session)
    if preCopy, let why = whyNoPreCopy(opened, session) {
      try preCopyEnd.check(why)
      printError("vfioscope: \(printable(why)): all of its data is read while it is stopped")
    }
    let writer = try makeWriter(for: opened, session)
    let device = WatchedDevice("device", opened, session)
    let part = output == "-" ? nil : FileSink.part(of: output)
    var wanted = transfer.options(preCopy: preCopy)
    preCopyEnd.set(in: &wanted)
    var sha256: Result<String, StreamFault>?
    let watch = TransferWatch(quiet: transfer.json)
    let isEnding = Atomic(false)
    // The thread that saves stands still then.
    nonisolated(unsafe) let begun = writer
    let keeping: @Sendable () -> String? = { [output] in
      guard watch.isSaved, !isEnding.exchange(true, ordering: .sequentiallyConsistent) else { return nil }
      guard (try? begun.finish(finalState: nil) { _ in true }) != nil else { return nil }
      return "all of its data is in \(output == "-" ? "the stream" : output), which is whole"
    }
    var report = transfer.supervise(
      "save", of: [device], showing: watch, part: part, keeping: keeping
    ) { observer, rest in
      let report = SaveOperation(session, to: writer, options: wanted, observer: observer).run()
      rest(nil)
      // The program ends, and the other thread sees to the file.
      while isEnding.exchange(true, ordering: .sequentiallyConsistent) { sleep(1) }
      let start = ContinuousClock.now
      sha256 = finish(writer, report) { left in
        // A digest that is there in a moment is not worth a line.
        if start.duration(to: .now) > .milliseconds(300) {
          rest("the device goes on; SHA-256: \(size(Double(left))) left")
        }
        return !observer.isCancelled()
      }
      return report
    }
    if case .failure(let fault) = sha256 { report.fault = .stream(fault) }
    let output = TransferOutput(
      command: "save", devices: [("device", opened.reference.description)], report: report,
      digests: (try? sha256?.get()).map { [$0] } ?? [])
    try print(output)
    if report.fault != nil { throw Failure(.broken) }
  }

  private func makeWriter(for opened: OpenedDevice, _ session: MigrationSession) throws(Failure) -> any StreamWriter {
    do throws(StreamFault) {
      let sink: any ByteSink = output == "-" ? DescriptorSink() : try FileSink(path: output, replacing: replace)
      if raw { return WriteBehind(RawStreamWriter(sink, digest: checksums == .sha256)) }
      return WriteBehind(
        try StreamFileWriter(sink, identity: opened.identity(of: session), checksums: checksums))
    } catch {
      throw Failure(.refused, error.advice)
    }
  }

  /// Gives the file its name, or takes away what there is of it. Nil when there is no digest.
  private func finish(
    _ writer: any StreamWriter, _ report: TransferReport, onDigest: (UInt64) -> Bool
  ) -> Result<String, StreamFault>? {
    guard report.isWhole else {
      writer.abandon()
      return nil
    }
    do throws(StreamFault) {
      let summary = try writer.finish(finalState: report.states.first?.state, onDigest: onDigest)
      return summary.sha256.isEmpty ? nil : .success(summary.sha256)
    } catch {
      writer.abandon()
      return .failure(error)
    }
  }

  private func print(_ output: TransferOutput) throws {
    if transfer.json {
      try printJSON(output.json)
    } else if self.output == "-" {
      output.text.forEach(printError)
    } else {
      for line in output.text { try printLine(line) }
    }
  }
}

extension Checksums: ExpressibleByArgument {}
