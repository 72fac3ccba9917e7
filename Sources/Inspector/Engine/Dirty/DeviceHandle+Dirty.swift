import Migration
import Synchronization
import VFIO

/// Watching which pages the device writes: each call takes its turn between looks and steps.
extension DeviceHandle {
  /// Gives the device memory of ours and switches logging on.
  public func watchDirtyPages(_ options: DirtyOptions = DirtyOptions()) {
    work("switch on dirty page logging") { handle in
      let begun = Result { () throws(DirtyFault) in try handle.beginWatch(options) }
      handle.change { status in
        switch begun {
        case .success(let dirty): (status.dirty, status.dirtyFailure) = (dirty, nil)
        case .failure(let fault): (status.dirty, status.dirtyFailure) = (nil, fault.description)
        }
      }
    }
  }

  /// Asks for the pages written since the last time, unless that is still waiting for its turn.
  public func reportDirtyPages() {
    guard status.dirty?.isLogging == true, !isReportQueued.exchange(true, ordering: .relaxed) else { return }
    perform { handle in
      handle.isReportQueued.store(false, ordering: .relaxed)
      guard let report = handle.watch.withLock({ $0?.report() }) else { return }
      handle.change { $0.dirty?.take(report) }
    }
  }

  /// Stops logging and takes the memory back.
  public func endDirtyPages() {
    work("switch off dirty page logging") { $0.endWatch() }
  }

  /// The same behind what the device is at, which goes on being told as what it is at.
  func endDirtyPagesAfterwards() {
    perform { $0.endWatch() }
  }

  private func endWatch() {
    let ending = watch.withLock { watch in
      defer { watch = nil }
      return watch?.end()
    }
    change { status in
      (status.dirty, status.dirtyFailure) = (nil, nil)
      guard let failures = ending?.failures.map(\.description) else { return }
      status.actionFailure = failures.isEmpty ? nil : failures.joined(separator: "; ")
    }
  }

  private func beginWatch(_ options: DirtyOptions) throws(DirtyFault) -> DirtyStatus? {
    guard let device = opened.withLock({ $0?.device }) else { return nil }
    return try watch.withLock { (watch) throws(DirtyFault) in
      watch?.end()
      let new = try DirtyWatch(device, options, clock: { [journal] in journal.now })
      let status = DirtyStatus(new)
      watch = new
      return status
    }
  }
}
