import Migration
import Rulebook
import Synchronization
import VFIO

/// Doing something wrong on purpose: to the device, or as the device.
extension DeviceHandle {
  /// Makes a fault of the user. It takes the device's queue for as long as it lasts.
  public func makeFault(_ fault: UserFault) {
    checksCancelled.store(false, ordering: .relaxed)
    change { $0.fault = nil }
    work("fault \(fault.name)") { handle in
      handle.withOpened { opened in
        guard let session = opened.session, let book = try? Rulebook.shipped.get() else { return }
        handle.make(fault, opened, session, book)
      }
      handle.observe()
    }
  }

  private func make(_ fault: UserFault, _ opened: OpenedDevice, _ session: MigrationSession, _ book: Rulebook) {
    var options = CheckRun.Options()
    options.permission = fault.harm
    options.surroundings = opened.surroundings
    change { $0.fault = FaultStatus(fault) }
    let run = CheckRun(session, options)
    let ending = run.run(fault, from: book, isCancelled: { checksCancelled.load(ordering: .relaxed) }) { finding in
      change { $0.fault?.take(finding) }
    }
    change { $0.fault?.end(ending, in: session.presentState?.name) }
  }

  /// Switches a fault of the device on or off, at once, also while a call is waited for. Devices without switches stay
  /// as they are.
  public func switchFault(_ word: String, isOn: Bool) throws(UnknownFault) {
    guard let switches = switches.withLock({ $0 }) else { return }
    if isOn { try switches.on(word) } else { _ = switches.off(word) }
    look()
    // The words have changed, whatever the look finds.
    change { _ in }
  }
}
