import VFIO

/// Calls of the container about dirty pages that it has to refuse.
enum V1DirtyArguments {
  private typealias LogFlag = DirtyCall.LogFlag
  private typealias UnmapFlag = DirtyCall.UnmapFlag

  static let checks: [Check] = [
    Check("V1-DIRTY-05") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench) { (log) in
        log.expectRefusal([
          ("START and STOP in one call", log.attempt(DirtyCall(.dirtyPages, flags: LogFlag.start | LogFlag.stop))),
          ("the unknown flag 8", log.attempt(DirtyCall(.dirtyPages, flags: 1 << 3))),
        ])
      }
    },
    Check("V1-DIRTY-06") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench) { (log) in
        _ = log.start()
        return log.expectRefusal([
          ("GET_BITMAP with pages of \(2 * log.pageSize) bytes", log.read(log.range, pageSize: 2 * log.pageSize))
        ])
      }
    },
    Check("V1-DIRTY-07") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench, onlyKernel: true) { (log) in
        _ = log.start()
        let (start, length, page) = (log.range.iova, log.range.length, log.pageSize)
        let ranges = [
          ("a first address that is not aligned", DMARange(iova: start + 8, length: length)),
          ("a length that is not aligned", DMARange(iova: start, length: length + 8)),
          ("no length", DMARange(iova: start, length: 0)),
          ("a range beyond the last address", DMARange(iova: 0 &- page, length: 2 * page)),
        ]
        return log.expectRefusal(ranges.map { ("GET_BITMAP of \($0)", log.read($1, pageSize: page)) })
      }
    },
    Check("V1-DIRTY-08") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench, onlyKernel: true) { (log) in
        _ = log.start()
        let half = DMARange(iova: log.range.iova, length: log.range.length / 2)
        return log.expectRefusal([("GET_BITMAP of half a mapping", log.read(half, pageSize: log.pageSize))])
      }
    },
    Check("V1-DIRTY-09") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench, onlyKernel: true) { (log) in
        _ = log.start()
        var answers = [("a bitmap one word too small", log.attempt(log.reading(bitmapSize: log.bitmapSize - 8)))]
        if let limit = log.maxBitmapSize {
          answers.append(("a bitmap of \(limit) and 8 bytes", log.attempt(log.reading(bitmapSize: limit + 8))))
        }
        return log.expectRefusal(answers)
      }
    },
    Check("V1-DIRTY-11") { (bench) throws(Untried) in
      try DirtyLogBench.run(bench, onlyKernel: true) { (log) in
        var answers = [("UNMAP with a bitmap without START", log.attempt(log.unmapping(UnmapFlag.getBitmap)))]
        _ = log.start()
        answers += [
          ("UNMAP of all with a bitmap", log.attempt(log.unmapping(UnmapFlag.getBitmap | UnmapFlag.all))),
          ("UNMAP of addresses with a bitmap", log.attempt(log.unmapping(UnmapFlag.getBitmap | UnmapFlag.address))),
        ]
        return log.expectRefusal(answers)
      }
    },
  ]
}
