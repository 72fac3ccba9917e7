import ArgumentParser
import Glibc
import Inspector
import Migration
import VFIO

extension ServerOptions.Generation: ExpressibleByArgument {}

/// `serve`: offers a device to vfio-user clients.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a device over a vfio-user socket.",
    discussion: """
      One client at a time. Without --keep it ends when the client has left. SIGTERM, SIGHUP and Ctrl-C end it too; the socket \
      goes away with it. Generation 0.1 has the migration region and DIRTY_PAGES, 0.2 has device features and \
      migration data by message; by default the one that the device's own protocol needs.
      With --fault the device misbehaves on purpose; vfioscope fault --list names the ways. With --fault-input, lines \
      on standard input switch faults while the device is served: +NAME on, -NAME off.
      """)

  @OptionGroup var options: DeviceOptions

  @Option(help: ArgumentHelp("Where to listen.", valueName: "path"))
  var socket: String

  @Option(name: .customLong("protocol"), help: "The generation of vfio-user.")
  var generation: ServerOptions.Generation?

  @Flag(help: "Take the next client when one has left.")
  var keep = false

  @Option(help: "What becomes of the device when a client leaves.")
  var onDisconnect: Leaving = .keep

  @Flag(help: "Print every message on standard error.")
  var trace = false

  @Option(help: ArgumentHelp("A fault to switch on. May be repeated.", valueName: "name"))
  var fault: [String] = []

  @Flag(help: "Take switches of faults from standard input.")
  var faultInput = false

  @OptionGroup var recording: RecordOptions

  enum Leaving: String, ExpressibleByArgument, CaseIterable {
    case keep, reset
  }

  func run() throws {
    let signals = EndingSignals()
    let opened = try options.open(journal: Journal())
    var serverOptions = ServerOptions()
    serverOptions.generation = generation ?? (opened.session?.interface.protocol == .v1 ? .first : .second)
    serverOptions.keepsServing = keep
    serverOptions.resetsOnDisconnect = onDisconnect == .reset
    let served = InterferedDevice(opened.device)
    let control = FaultControl(opened.faults ?? FaultSwitches(served))
    for word in fault { try control.switchOn(word) }
    let record = try recording.open(program: "serve", listening: socket, serving: "\(opened.reference)")
    let conversation = Conversation { [trace] entry in
      record?.add(entry)
      if trace { printError(entry.line) }
    }
    let tap: WireTap = { conversation.add($0) }
    let server: VFIOUserServer
    do throws(DeviceError) {
      server = try VFIOUserServer(
        served, at: socket, options: serverOptions, tap: trace || record != nil ? tap : nil)
    } catch {
      record?.abandon()
      throw Failure(.refused, "\(printable(socket)): \(error.reason)")
    }
    defer { record?.finish() }
    signals.watch {
      _ = signals.wait()
      server.stop()
    }
    printError(
      "vfioscope: \(opened.reference) is served at \(printable(socket)), vfio-user \(serverOptions.generation.rawValue)"
    )
    if faultInput { control.readInput() }
    do throws(DeviceError) {
      try server.run { end in
        let line = "the client has left\(end.map { ": \($0)" } ?? "")"
        conversation.end { record?.end(line, at: $0) }
        printError("vfioscope: \(printable(line))")
      }
    } catch {
      throw Failure(.refused, "\(error)")
    }
  }
}
