import ArgumentParser
import Dispatch
import Inspector
import Migration
import VFIO

extension DirtyLog: ExpressibleByArgument {}

/// `dirty`: shows which pages of memory a device writes.
struct Dirty: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch which pages of memory a device writes.",
    discussion: """
      The device gets memory of this program to write to, and logging of dirty pages is switched on. At the end, and \
      on Ctrl-C, logging is stopped and the memory is taken back. The migration state is not changed, and nothing is \
      taken from anybody else.
      With protocol v2 a device may log its own writes (device); otherwise its container does (container). Most \
      devices write only what a driver has told them to: then no page is dirty, or the container says that all are.
      """)

  @OptionGroup var options: DeviceOptions

  @Option(parsing: .unconditional, help: "How much memory the device gets.")
  var memory = ByteNumber(2 << 20)

  @Option(parsing: .unconditional, help: "The address at which the device sees it.")
  var iova = ByteNumber(0x10_0000)

  @Option(parsing: .unconditional, help: "What one bit of the log should stand for, in bytes.")
  var pageSize = ByteNumber(4096)

  @Option(parsing: .unconditional, help: "Seconds from one report to the next.")
  var interval = 1.0

  @Option(parsing: .unconditional, help: "How many reports.")
  var reports = 10

  @Option(help: "Who logs: the device, its container, or the one that can.")
  var by = Choice.auto

  @Flag(help: "Show also where the pages are: line by line, with --json as ranges.")
  var map = false

  @Flag(help: "Print JSON objects, one a line.")
  var json = false

  @Flag(help: "Print every access to the device on standard error.")
  var trace = false

  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case auto, container, device

    var log: DirtyLog? { DirtyLog(rawValue: rawValue) }
  }

  func validate() throws {
    guard (0.001...3600).contains(interval) else { throw ValidationError("--interval takes 0.001 to 3600 seconds") }
    guard (1...1_000_000).contains(reports) else { throw ValidationError("--reports takes 1 to 1000000") }
    guard (1...64 << 30).contains(memory.value) else {
      throw ValidationError("--memory takes whole pages, from one to 64G")
    }
  }

  func run() throws {
    let journal = journal(tracing: trace)
    let opened = try options.open(journal: journal)
    defer { opened.session?.interface.close() }
    let stop = DispatchSemaphore(value: 0)
    let interruption = Interruption(asking: printable(options.device), cancelling: { stop.signal() })
    interruption.set("dirty")
    let watch = try startWatch(opened)
    let output = DirtyOutput(
      opened.reference.description, watch, showsMap: map, columns: outputColumns)
    // Also when the output is gone: the device must not keep the memory.
    defer { watch.end() }
    try print(json ? [output.start.line] : output.startText)
    let (failure, isInterrupted) = try makeReports(of: watch, output, until: stop)
    let ending = watch.end()
    interruption.set(nil)
    try print(json ? [output.json(ending, isInterrupted: isInterrupted).line] : output.text(ending, isInterrupted))
    if failure != nil || !ending.failures.isEmpty { throw Failure(.refused) }
  }

  private func startWatch(_ opened: OpenedDevice) throws(Failure) -> DirtyWatch {
    var wanted = DirtyOptions()
    wanted.range = DMARange(iova: iova.value, length: memory.value)
    wanted.pageSize = pageSize.value
    wanted.log = by.log
    do throws(DirtyFault) {
      return try DirtyWatch(opened.device, wanted)
    } catch {
      throw Failure(error.status, "\(opened.reference): \(error)")
    }
  }

  /// One report after the other, until they are enough, the log fails, or the user has seen enough.
  private func makeReports(
    of watch: DirtyWatch, _ output: DirtyOutput, until stop: DispatchSemaphore
  ) throws -> (failure: DeviceError?, isInterrupted: Bool) {
    for _ in 0..<reports {
      guard stop.wait(timeout: .now() + interval) == .timedOut else { return (nil, true) }
      let report = watch.report()
      try print(json ? [output.json(report).line] : output.text(report))
      if let failure = report.failure { return (failure, false) }
    }
    return (nil, false)
  }

  private func print(_ lines: [String]) throws(Failure) {
    for line in lines { try printLine(line) }
  }
}

extension DirtyFault {
  fileprivate var status: ExitStatus {
    switch self {
    case .badRange: .usage
    case .device, .noLog, .otherLogs, .noMemory: .refused
    }
  }
}
