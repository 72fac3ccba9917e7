import Migration
import Synchronization

/// What is known of the captures that a view shows.
struct CaptureStatus: Sendable {
  /// Why there is nothing to see, or no more: one line.
  var failure: String?
  /// What is said of each file; none until they have been opened.
  var reports: [CaptureReport] = []
  /// Bytes of the files, and how many have been read for the first time.
  var fileSize: UInt64 = 0
  var walked: UInt64 = 0
  var isWalked = false
  /// Bytes of the longest data so far, and a number that it can't exceed.
  var count: UInt64 = 0
  var limit: UInt64 = 0
  /// How many things each list has, and whether these are all.
  var lists: [Aim.List: (count: Int, isWhole: Bool)] = [:]
  /// How far a search has come, in bytes of the data; nil when none is under way.
  var searched: UInt64?
  /// Whether the files are being read anew.
  var isRefreshing = false
}

/// Captures in use: their files are read away from the screen, and what was found waits here until it is drawn. When the
/// last view lets go of it, the reading ends.
final class CaptureHandle: Sendable {
  private struct Contents {
    var status = CaptureStatus()
    var sight: Sight?
    var wanted: Aim?
    /// Whether the worker is going to take a turn.
    var isTurning = false
    /// What could not be answered, so that it is not asked without end.
    var refused: Aim?
  }

  private let paths: [String]
  private let worker: Worker
  private let onChange: @Sendable () -> Void
  private let contents = Mutex(Contents())
  /// Used by the worker alone: what is looked at, and what takes its place when it has been walked.
  private let desks = Mutex<(now: CaptureDesk?, next: CaptureDesk?)>((nil, nil))

  /// Begins to read one file, or two that are to be compared. `onChange` is called, on any thread, when there is more to
  /// see.
  init(_ paths: [String], execution: Execution = .queue, onChange: @escaping @Sendable () -> Void = {}) {
    self.paths = paths
    self.onChange = onChange
    worker = Worker(execution, label: "captures")
    refresh()
  }

  /// What is known.
  var status: CaptureStatus { contents.withLock { $0.status } }

  /// What is seen there. As long as that has not been read, it is what was seen before.
  func sight(_ aim: Aim) -> Sight? {
    let asks = contents.withLock { contents in
      contents.wanted = aim
      guard contents.sight?.aim != aim, contents.refused != aim, !contents.isTurning else { return false }
      contents.isTurning = true
      return true
    }
    if asks { takeTurns() }
    return contents.withLock { $0.sight }
  }

  /// Opens the files anew, and shows what is in them then when they have been read.
  func refresh() {
    contents.withLock { $0.status.isRefreshing = true }
    worker.perform { [weak self] in self?.open() }
  }

  // MARK: on the worker

  private func open() {
    do throws(StreamFault) {
      let hasFailed = contents.withLock { $0.status.failure != nil }
      try desks.withLock { (desks) throws(StreamFault) in
        let desk = try CaptureDesk(paths)
        desks = desks.now == nil || hasFailed ? (desk, nil) : (desks.now, desk)
      }
      contents.withLock { ($0.status.failure, $0.refused) = (nil, nil) }
    } catch {
      fail(error)
    }
    let asks = contents.withLock { contents in
      defer { contents.isTurning = true }
      return !contents.isTurning
    }
    if asks { turn() }
  }

  private func takeTurns() {
    worker.perform { [weak self] in self?.turn() }
  }

  /// Answers what was asked last, then works on a little. A long file takes many turns.
  private func turn() {
    var goesOn = false
    do throws(StreamFault) {
      goesOn = try work()
    } catch {
      fail(error)
    }
    let isAnswered = contents.withLock { contents in
      let isAnswered = contents.wanted.map { $0 == contents.sight?.aim || $0 == contents.refused } ?? true
      contents.isTurning = goesOn || !isAnswered
      return isAnswered
    }
    onChange()
    if goesOn || !isAnswered { takeTurns() }
  }

  private func fail(_ fault: StreamFault) {
    contents.withLock { contents in
      contents.status.failure = fault.description
      contents.status.isRefreshing = false
      contents.refused = contents.wanted
    }
  }

  /// - Returns: whether there is more to do.
  private func work() throws(StreamFault) -> Bool {
    let (wanted, last) = contents.withLock { ($0.wanted, $0.sight) }
    let (result, isNext) = try desks.withLock { (desks) throws(StreamFault) in
      if let next = desks.next {
        if next.isWalked { desks = (next, nil) } else { _ = try next.step(for: nil) }
      }
      let isNext = desks.next != nil
      return (try desks.now.map { (desk) throws(StreamFault) in try Turn(desk, wanted, last, steps: !isNext) }, isNext)
    }
    guard let result else {
      contents.withLock { $0.refused = wanted }
      return false
    }
    contents.withLock { contents in
      contents.status = result.status
      contents.status.isRefreshing = isNext
      if let sight = result.sight { contents.sight = sight }
    }
    return result.goesOn || isNext
  }
}

/// What a turn brings.
private struct Turn: Sendable {
  let goesOn: Bool
  let sight: Sight?
  let status: CaptureStatus

  init(_ desk: CaptureDesk, _ aim: Aim?, _ last: Sight?, steps: Bool) throws(StreamFault) {
    goesOn = steps ? try desk.step(for: aim) : true
    if let aim { sight = try desk.sight(aim, after: last) } else { sight = nil }
    status = try CaptureStatus(desk, aim)
  }
}

extension CaptureStatus {
  fileprivate init(_ desk: CaptureDesk, _ aim: Aim?) throws(StreamFault) {
    for (index, capture) in desk.captures.enumerated() {
      let format = desk.formats.isEmpty ? nil : desk.formats[index]
      reports.append(CaptureReport(capture, format: format))
      fileSize += capture.fileSize
      walked += capture.walkedBytes
    }
    isWalked = desk.isWalked
    count = desk.count
    limit = desk.captures.map(\.fileSize).max() ?? 0
    lists[.chunks] = (desk.count(of: .chunks), desk.isWalked)
    if !desk.records.isEmpty { lists[.records] = (desk.count(of: .records), desk.records.allSatisfy(\.isWhole)) }
    if let differences = desk.differences { lists[.differences] = (differences.count, differences.isWhole) }
    searched = try desk.searched(for: aim)
  }
}
