import Dispatch
import Glibc
import Inspector
import Migration
import Synchronization

/// A device whose calls are watched.
struct WatchedDevice: Sendable {
  /// `source`, `destination`, or `device`.
  let role: String
  /// As the user named it.
  let name: String
  let journal: Journal

  init(_ role: String, _ opened: OpenedDevice, _ session: MigrationSession) {
    self.role = role
    name = opened.reference.description
    journal = session.journal
  }

  /// What is being waited for, and for how long.
  var waiting: (call: Journal.Open, time: Duration)? {
    journal.open.map { ($0, $0.start.duration(to: journal.now)) }
  }
}

/// Looks for calls that don't come back: shows them, and ends the program when one takes too long.
///
/// A call that hangs in the kernel keeps its thread, and nothing in this program can end it. So another thread looks, and
/// leaves that one behind.
final class HangWatch: Sendable {
  private static let pace = DispatchTimeInterval.milliseconds(200)
  /// Calls that take longer are shown.
  private static let patience = Duration.seconds(1)

  private let devices: [WatchedDevice]
  private let timeout: Duration
  private let watch: TransferWatch
  private let status: ExitStatus
  private let leaving: @Sendable (_ device: Int, _ why: String) -> Void
  private let keeping: @Sendable () -> String?
  private let rescue: @Sendable (_ hanging: Set<Int>) -> Set<Int>
  private let end = DispatchSemaphore(value: 0)

  /// Watches from now on until `finish()`.
  ///
  /// - Parameters:
  ///   - status: what the program ends with when a call takes too long.
  ///   - leaving: takes away what must not stay behind, and is told of which device what does not come back, without a
  ///     point.
  ///   - keeping: brings to its end what is to stay behind, before that, and says what it is.
  ///   - rescue: brings the devices that do answer out of what was begun with them, before that; it is told by their
  ///     places which hang, and tells which ones it left alone.
  init(
    _ devices: [WatchedDevice], timeout: Duration, showing watch: TransferWatch, status: ExitStatus = .refused,
    leaving: @escaping @Sendable (_ device: Int, _ why: String) -> Void,
    keeping: @escaping @Sendable () -> String? = { nil },
    rescue: @escaping @Sendable (_ hanging: Set<Int>) -> Set<Int> = { $0 }
  ) {
    (self.devices, self.timeout, self.watch, self.status, self.leaving) = (devices, timeout, watch, status, leaving)
    (self.keeping, self.rescue) = (keeping, rescue)
    DispatchQueue(label: "hang watch").async { [self] in
      while end.wait(timeout: .now() + Self.pace) == .timedOut { devices.indices.forEach(look) }
    }
  }

  /// There is nothing to be watched any more.
  func finish() { end.signal() }

  private func look(at index: Int) {
    let device = devices[index]
    guard let (call, time) = device.waiting, time >= min(Self.patience, timeout) else { return }
    guard time < timeout else { giveUp(index, call) }
    let spent = "\(time.components.seconds) s of \(timeout.formatted)"
    watch.show(printable("waiting for \(device.name): \(call.words) for \(spent) s"))
  }

  /// Says where everything was left, and ends the program.
  private func giveUp(_ index: Int, _ call: Journal.Open) -> Never {
    watch.finish()
    // What others did before it is the reason for what was asked of it.
    let before = watch.failure(of: devices).map { ", after \($0)" } ?? ""
    let why = "no answer for \(timeout.formatted) s to \(call.words)\(before)"
    let hanging = rescueOthers().union([index])
    let kept = keeping()
    leaving(index, why + (kept.map { "; \($0)" } ?? ""))
    var lines = ["\(devices[index].name): \(why) (--timeout)"] + (kept.map { [$0] } ?? [])
    lines += devices.map { device in
      let state = device.journal.lastState?.name ?? "an unknown state"
      let reset = device.journal.lastStep?.requested == .reset ? ", after a reset" : ""
      return "\(device.role) \(device.name): last seen in \(state)\(reset)"
    }
    lines.append("The call can't be cancelled from user space. It may still come through after this program has ended.")
    lines.append("Should the program not end, its driver holds it; kill -9 works once the driver lets go.")
    lines += hanging.sorted().map { index in
      let name = devices[index].name
      return "Then look with vfioscope show \(name), and bring it back with vfioscope step \(name) reset."
    }
    lines.forEach { printError("vfioscope: \(printable($0))") }
    // Not exit(): it would wait for what the thread that hangs holds.
    _exit(status.rawValue)
  }

  /// What others are at is ended first. Another device may hang too: nobody waits for it for ever.
  ///
  /// - Returns: the devices that hang, by their places.
  private func rescueOthers() -> Set<Int> {
    watch.cancel()
    let hanging = devices.indices.filter { devices[$0].waiting.map { $0.time >= timeout } ?? false }
    let left = Mutex(Set(hanging))
    let isDone = DispatchSemaphore(value: 0)
    DispatchQueue(label: "rescue").async { [rescue] in
      let alone = rescue(Set(hanging))
      left.withLock { $0 = alone }
      isDone.signal()
    }
    _ = isDone.wait(timeout: .now() + 5)
    return left.withLock { $0 }.filter { devices[$0].waiting != nil }
  }
}

extension Journal.Open {
  /// `stop-copy (FEATURE SET MIG_DEVICE_STATE argsz 16)`.
  fileprivate var words: String { step.map { "\($0.name) (\(operation))" } ?? "\(operation)" }
}

extension Duration {
  /// `30`, `0.5`: seconds.
  fileprivate var formatted: String {
    let seconds = self / .seconds(1)
    return seconds == seconds.rounded() ? "\(Int(seconds))" : "\(seconds)"
  }
}
