import Migration
import VFIO

/// The container's log of dirty pages.
enum V1DirtyPages {
  static let checks: [Check] = [
    Check("V1-DIRTY-01", isAnnounced),
    Check("V1-DIRTY-02", needsType2),
    Check("V1-DIRTY-03") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench) { (log) in
        let answers = [log.start(), log.start()]
        return answers[1].isDone
          ? .kept("START succeeds a second time.") : .broken("A second START is refused: \(answers[1]).")
      }
    },
    Check("V1-DIRTY-04") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench) { (log) in
        log.expectRefusal([("GET_BITMAP without START", log.read(log.range, pageSize: log.pageSize))])
      }
    },
    Check("V1-DIRTY-10") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench) { (log) in
        _ = log.start()
        let answers = [log.stop(), log.stop()]
        guard answers[0].isDone else { return .broken("STOP is refused: \(answers[0]).") }
        return answers[1].isDone
          ? .kept("STOP succeeds a second time.") : .broken("A second STOP is refused: \(answers[1]).")
      }
    },
    Check("V1-DIRTY-12", beginsWithZeros),
  ]

  private static func isAnnounced(_ bench: Bench) throws(Untried) -> Outcome {
    if bench.surroundings.socket != nil { throw Untried("a vfio-user server has no IOMMU_GET_INFO") }
    let space = try bench.addressSpace()
    let info = try bench.need(Answer { () throws(DeviceError) in try space.info() }, "IOMMU_GET_INFO")
    if let logging = info.logging {
      return .kept(
        "Capability 2 is there: page sizes 0x\(hexadecimal(logging.pageSizes)), bitmaps of up to \(logging.maxBitmapSize) bytes."
      )
    }
    let answer = Answer { () throws(DeviceError) in try space.startLogging() }
    guard answer.isDone else { return .seen("Capability 2 is not there, and START answers: \(answer).") }
    _ = Answer { () throws(DeviceError) in try space.stopLogging() }
    return .broken("Capability 2 is not there, and START succeeds.")
  }

  /// How the container was set up stands in the journal, when it still holds the device's opening.
  private static func needsType2(_ bench: Bench) throws(Untried) -> Outcome {
    let opening = bench.journal.entries().lazy.compactMap { numbered in
      if case .access(let access, _) = numbered.entry, case .attach(let call) = access.operation { call } else { nil }
    }
    guard let call = opening.first(where: { $0.hasPrefix("SET_IOMMU") }) else {
      throw Untried("the device was not opened through a container, or that is no longer in the journal")
    }
    if call == "SET_IOMMU 3" { return .kept("The container was set to TYPE1v2 (3).") }
    let space = try bench.addressSpace()
    let answer = Answer { () throws(DeviceError) in try space.startLogging() }
    return answer.errno == .EACCES
      ? .kept("\(call), and START is refused with EACCES.") : .broken("\(call), and START answers: \(answer).")
  }

  /// The device's own log is asked as always; what stands in front of it notes how the bitmaps come.
  private static func beginsWithZeros(_ bench: Bench) throws(Untried) -> Outcome {
    let watched = WatchedLog(bench.device)
    var options = DirtyOptions()
    options.range = DMARange(iova: 0x10_0000, length: 1 << 18)
    options.log = .container
    let watch: DirtyWatch
    do throws(DirtyFault) {
      watch = try DirtyWatch(watched.device, options)
    } catch {
      throw Untried("dirty pages can't be watched here: \(error)")
    }
    let reports = [watch.report(), watch.report()]
    watch.end()
    if let failure = reports.compactMap(\.failure).first { throw Untried("the log can't be read: \(failure)") }
    guard watched.areZero else { return .broken("This program gave GET_BITMAP a bitmap with bits set.") }
    return .kept(
      "Each bitmap was all zeros before; of \(watch.pageCount) pages, the first names \(reports[0].dirtyCount), the second \(reports[1].dirtyCount)."
    )
  }
}
