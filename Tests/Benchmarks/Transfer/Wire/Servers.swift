import CLoop
import CPair
import Glibc
import Migration
import VFIO

/// What serves a device in a process of its own.
enum ServerKind: String, CaseIterable {
  /// Our own, with the device recorded as `vfioscope serve` does it.
  case ours
  /// The one in plain C, on the same simulated device.
  case plain
  /// No device: answers of the same size to messages of the same size.
  case echo

  /// Serves for ever.
  func serve(_ address: String, at path: String) throws {
    switch self {
    case .ours:
      var options = ServerOptions()
      options.keepsServing = true
      let session = try open(address)
      options.generation = session.interface.protocol == .v1 ? .first : .second
      try VFIOUserServer(session.device, at: path, options: options).run()
    case .plain: try servePlain(try open(address, journal: nil), at: path)
    case .echo: cp_echo(cp_listen(path))
    }
    throw Failed(what: "the server has ended")
  }

  private func servePlain(_ session: MigrationSession, at path: String) throws {
    let calls = Calls(session)
    let context = Unmanaged.passRetained(calls)
    defer { context.release() }
    var served = cp_served(
      calls: Calls.table(context.toOpaque()),
      set_state: { context, state in
        guard let context else { return -1 }
        let calls = Unmanaged<Calls>.fromOpaque(context).takeUnretainedValue()
        return (try? calls.go(to: state)) == nil ? -1 : 0
      }, window: -1, window_offset: 0, window_size: 0)
    if let region = calls.region, let area = region.mappableAreas.first, let memory = session.device.shareable(region) {
      (served.window, served.window_offset, served.window_size) = (memory.descriptor, area.offset, area.size)
    }
    cp_serve(cp_listen(path), &served)
  }
}

/// A server in a process of its own.
final class ServerProcess {
  let path: String
  private let process: pid_t

  init(_ kind: ServerKind, _ address: String, at path: String) throws {
    self.path = path
    unlink(path)
    let words: [String] = ["/proc/self/exe", "--serve", kind.rawValue, address, path]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    guard posix_spawn(&process, "/proc/self/exe", nil, nil, arguments, environ) == 0 else {
      throw Failed(what: "a server can't be started")
    }
    self.process = process
    for _ in 0..<500 where access(path, F_OK) != 0 { usleep(10_000) }
    // From its name to its being listened to takes a moment more.
    usleep(50_000)
  }

  /// Where the two ends run. Each wakes the other, so that the system keeps them on one processor or not, as it comes.
  enum Place: CaseIterable {
    /// Each on its own, where there are two: what they can do at the same time counts.
    case apart
    /// Both on one: what is counted are the messages alone.
    case together

    var words: String {
      switch self {
      case .apart: "each end on a processor of its own, where there are two"
      case .together: "both ends on one processor"
      }
    }
  }

  /// Lets it and this thread run there from now on.
  func run(_ place: Place) {
    _ = cp_run_on(process, 0)
    if place == .together || !cp_run_on(0, 1) { _ = cp_run_on(0, 0) }
  }

  /// The processor time it has taken so far.
  var processorTime: Duration {
    var clock = clockid_t()
    guard clock_getcpuclockid(process, &clock) == 0 else { return .zero }
    var time = timespec()
    clock_gettime(clock, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Ends it, and gives the most memory it has had, in MiB.
  func end() -> Double {
    kill(process, SIGKILL)
    var usage = rusage()
    var status: Int32 = 0
    wait4(process, &status, 0, &usage)
    unlink(path)
    return Double(usage.ru_maxrss) / 1024
  }
}
