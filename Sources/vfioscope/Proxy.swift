import ArgumentParser
import Glibc
import Inspector
import Synchronization
import VFIO

/// `proxy`: stands between a vfio-user client and a server and shows what they say.
struct Proxy: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a vfio-user client and a server say to each other.",
    discussion: """
      Every message is passed on as it came, with its descriptors, and printed on a line: > is the client's, < the \
      server's, ! an error; a reply has the time since its command. It ends when either side leaves, unless --keep is \
      given. A message that can't be understood, or that is larger than 1 MiB and 4 KiB, is not passed on: both sides \
      are disconnected. What goes by a second socket or through mapped memory does not pass here. With --record the \
      messages are also written to a file, whole, for `vfioscope trace`; it can hold what a device's memory holds.
      """)

  @Argument(help: "Where to listen.")
  var listen: String

  @Argument(help: "The server's socket.")
  var connect: String

  @Flag(help: "Take the next client when one has left.")
  var keep = false

  @Flag(help: "Print one JSON object a message.")
  var json = false

  @OptionGroup var recording: RecordOptions

  func run() throws {
    let signals = EndingSignals()
    // When nobody reads any more, it ends in order: the socket must not stay behind.
    signal(SIGPIPE, SIG_IGN)
    let outputFailure = Mutex<Failure?>(nil)
    let record = try recording.open(program: "proxy", listening: listen, serving: connect)
    let conversation = Conversation { [json] entry in
      record?.add(entry)
      do throws(Failure) {
        try printLine(json ? entry.json.line : entry.line)
      } catch {
        outputFailure.withLock { $0 = error }
        kill(getpid(), SIGTERM)
      }
    }
    let relay: VFIOUserRelay
    do { relay = try open(conversation) } catch {
      record?.abandon()
      throw error
    }
    defer { record?.finish() }
    signals.watch {
      _ = signals.wait()
      relay.stop()
    }
    printError("vfioscope: listening at \(printable(listen)), for the server at \(printable(connect))")
    var failure: Failure?
    do throws(DeviceError) {
      try relay.run { end in
        let line = words(end)
        conversation.end { record?.end(line, at: $0) }
        failure = keep || end.error == .closed ? nil : Failure(end.status, line)
        if failure == nil { printError("vfioscope: \(printable(line))") }
      }
    } catch {
      throw Failure(.refused, "\(error)")
    }
    if let failure = outputFailure.withLock({ $0 }) ?? failure { throw failure }
  }

  private func open(_ conversation: Conversation) throws(Failure) -> VFIOUserRelay {
    do throws(DeviceError) {
      return try VFIOUserRelay(at: listen, to: connect, keepsServing: keep) { conversation.add($0) }
    } catch {
      throw Failure(.refused, "\(listen): \(error.reason)")
    }
  }

  private func words(_ end: RelayEnd) -> String {
    switch end.error {
    case .closed: "the \(end.side.rawValue) has left"
    case .system, .timedOut: end.side == .server ? "\(connect): \(end.error)" : "the client: \(end.error)"
    case .malformed(let why): "the \(end.side.rawValue)'s message is not passed on: \(why)"
    }
  }
}

extension RelayEnd {
  /// How the program ends.
  fileprivate var status: ExitStatus {
    switch error {
    case .closed: .done
    case .system: .refused
    case .malformed, .timedOut: .broken
    }
  }
}
