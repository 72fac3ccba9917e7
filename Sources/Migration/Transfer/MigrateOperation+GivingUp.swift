import Glibc
import Synchronization
import VFIO

extension MigrateOperation {
  /// Brings the devices that answer out of what was begun with them, on another thread than the one that waits for one
  /// that does not. The user has to have given up before. Should that one answer after all, the migration does not go on.
  ///
  /// - Parameters:
  ///   - hanging: the devices that do not answer, by their place in the report: source, destination, and so on.
  ///   - patience: how long the other pairs are waited for, which are in the middle of their data. One that does not end is
  ///     left alone: two threads must not use the same device.
  /// - Returns: the devices that were left alone.
  @discardableResult
  public func rescue(allBut hanging: Set<Int>, patience: Duration = .seconds(1)) -> Set<Int> {
    isGivenUp.store(true, ordering: .sequentiallyConsistent)
    let deadline = ContinuousClock.now + patience
    func others() -> Set<Int> {
      busy.withLock { $0 }.filter { !hanging.contains(Self.source($0)) && !hanging.contains(Self.destination($0)) }
    }
    while !others().isEmpty, ContinuousClock.now < deadline { usleep(5000) }
    let left = hanging.union(others().flatMap { [Self.source($0), Self.destination($0)] })
    _ = giveUp(allBut: left)
    return left
  }

  /// - Parameter hanging: devices that are not to be asked for anything, by their place in the report.
  /// - Returns: what was asked of the devices for it, by their place; nothing of those where that was not needed.
  func giveUp(allBut hanging: Set<Int> = []) -> [Int: StepResult] {
    let progress = progress.withLock { progress in
      defer { progress.isUndone = true }
      return progress
    }
    if progress.isUndone { return [:] }
    // When all destinations run, the devices have moved: the sources must not run a second time.
    if progress.hasMoved { return [:] }
    var undone: [Int: StepResult] = [:]
    for index in destinations.indices where !hanging.contains(Self.destination(index)) {
      undone[Self.destination(index)] = giveUp(destination: index, progress)
    }
    let loose = destinations.indices.filter { index in
      hanging.contains(Self.destination(index)) || runsOn(index, undone[Self.destination(index)])
    }
    // Devices that talk to each other run all on one side: a source beside a destination is worse than none.
    if progress.isStarting && !loose.isEmpty { return undone }
    for (index, state) in progress.before.sources.enumerated() where !hanging.contains(Self.source(index)) {
      if let state { undone[Self.source(index)] = sources[index].goBack(to: state) }
    }
    return undone
  }

  private func giveUp(destination index: Int, _ progress: Progress) -> StepResult? {
    let destination = destinations[index]
    if index < progress.prepared { return destination.resetOrStop() }
    // Those behind the one that failed were not asked for anything, and that one may still hold all that it held.
    guard index == progress.prepared, index < progress.asked else { return nil }
    return destination.giveUpEntering(from: progress.before.destinations[index])
  }

  /// Whether a destination may run on what it was given, as neither a reset nor stop could be had of it.
  private func runsOn(_ index: Int, _ reset: StepResult?) -> Bool {
    // One that is gone does not run.
    guard let reset, reset.requested == .reset, !reset.isDone, reset.errno != .ENODEV else { return false }
    return destinations[index].presentState?.isRunning != false
  }
}
