import Migration
import VFIO

/// Where every check begins and ends: the device runs, and no data session is open.
///
/// A device is brought there by asking for RUNNING, and by a reset where that does not help and the user has allowed it.
/// Where it really is, is always read.
struct Base {
  private let bench: Bench
  private let running: State

  init(_ bench: Bench) {
    self.bench = bench
    running = bench.session.interface.protocol == .v1 ? .v1(.running) : .v2(.running)
  }

  /// Brings the device there before the first check, when more than looking is allowed.
  ///
  /// - Returns: why that failed; nil when it did not, or was not to be tried.
  func reachIfAllowed() -> String? {
    bench.permission == .none ? unreadable() : restore()
  }

  /// Brings the device back after a check. A device that nothing was to be done to stays as it was found.
  ///
  /// - Returns: why that failed; nil when it did not.
  func restore() -> String? {
    if let why = unreadable() { return why }
    guard let state = bench.session.presentState, !state.isSame(as: goal) else { return nil }
    if !state.isError, ask(for: goal) { return nil }
    guard bench.permission >= .lose else {
      return "the device is in \(name), and only a reset would bring it back to \(goal.name), which needs --allow lose"
    }
    let reset = Answer { () throws(DeviceError) in try bench.device.reset() }
    if bench.session.presentState?.isSame(as: running) == true { return nil }
    // Not every reset leads to RUNNING, but it may have led to where RUNNING can be asked for.
    if bench.session.presentState?.isError == false, ask(for: running) { return nil }
    return "the device is in \(name), and a reset does not bring it back: \(reset)"
  }

  /// Without leave to change anything, the state that was found; else RUNNING.
  private var goal: State {
    bench.permission == .none ? bench.foundState ?? running : running
  }

  private var name: String { bench.session.presentState?.name ?? "an unknown state" }

  private func ask(for state: State) -> Bool {
    guard (try? bench.session.interface.request(state)) != nil else { return false }
    bench.session.interface.close()
    return bench.session.presentState?.isSame(as: state) == true
  }

  private func unreadable() -> String? {
    do throws(DeviceError) {
      _ = try bench.session.readState()
      return nil
    } catch {
      return "the device's state can't be read: \(error.reason)"
    }
  }
}
