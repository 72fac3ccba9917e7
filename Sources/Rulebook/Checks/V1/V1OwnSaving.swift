import Migration
import VFIO

/// How this program takes a device's data.
enum V1OwnSaving {
  static let checks: [Check] = [
    Check("V1-SAVE-02") { (bench) throws(Untried) in
      let (touches, _) = try V1Bench(bench).ownSave(preCopy: true)
      var pending: UInt64?
      var iterations = 0
      for touch in touches {
        switch touch {
        case .readPending(let value): pending = value
        case .setState: pending = nil
        case .readOffset:
          guard pending != 0 else { return .broken("data_offset was read after pending_bytes was 0.") }
          iterations += 1
        default: break
        }
      }
      return try sawData(
        touches, .kept("data_offset was read \(counted(iterations, "time")), each time with data pending."))
    },
    Check("V1-SAVE-05") { (bench) throws(Untried) in
      let (touches, _) = try V1Bench(bench).ownSave(preCopy: true)
      var order = SaveOrder()
      for touch in touches {
        if let why = order.fault(of: touch) { return .broken(why) }
      }
      return try sawData(
        touches,
        .kept("\(counted(order.iterations, "chunk")) \(order.iterations == 1 ? "was" : "were") taken in this order."))
    },
    Check("V1-SAVE-07") { (bench) throws(Untried) in
      let (touches, report) = try V1Bench(bench).ownSave(preCopy: false)
      if let fault = report.fault { throw Untried("the save ended before its end: \(fault)") }
      let last = touches.last { if case .readPending = $0 { true } else { false } }
      return last == .readPending(0)
        ? .kept("\(report.bytes) bytes were taken until pending_bytes was 0.")
        : .broken("The save ended though pending_bytes had not come to 0.")
    },
    Check("V1-SAVE-14") { (bench) throws(Untried) in
      let (touches, report) = try V1Bench(bench).ownSave(preCopy: false)
      if let fault = report.fault { throw Untried("the save ended before its end: \(fault)") }
      guard case .readPending(let first)? = touches.first(where: { if case .readPending = $0 { true } else { false } })
      else { throw Untried("the journal does not hold the beginning of the save") }
      return .kept("pending_bytes was \(first) at first; \(report.bytes) bytes were taken, until it was 0.")
    },
  ]

  private static func sawData(_ touches: [V1Touch], _ outcome: Outcome) throws(Untried) -> Outcome {
    guard touches.contains(where: { if case .readOffset = $0 { true } else { false } }) else {
      throw Untried("the device had no data to be taken")
    }
    return outcome
  }
}

/// The order in which the registers are to be read while a device saves.
struct SaveOrder {
  private enum Place {
    /// The journal may not hold the beginning.
    case unknown
    case outside
    case pending
    case offset
    case chunk(UInt64)
  }

  private var place = Place.unknown
  private var isMapped = false
  private var hasData = false
  /// Chunks that were opened.
  private(set) var iterations = 0

  /// Takes the next access.
  ///
  /// - Returns: what is wrong with it; nil when nothing is.
  mutating func fault(of touch: V1Touch) -> String? {
    switch (touch, place) {
    case (.setState, _): place = .outside
    case (.map, _): isMapped = true
    case (.readPending(let value), .unknown): place = value > 0 ? .pending : .outside
    case (_, .unknown): break
    case (.readPending, .chunk(let size)) where size > 0 && !hasData && !isMapped:
      return "A chunk of \(size) bytes was acknowledged before it was read."
    case (.readPending(let value), _): place = value > 0 ? .pending : .outside
    case (.readOffset, .pending):
      place = .offset
      hasData = false
      iterations += 1
    case (.readSize(let size), .offset): place = .chunk(size)
    case (.readData, .chunk): hasData = true
    // Asked again before the data is read, it tells whether the window stays where it is.
    case (.readOffset, .chunk) where !hasData: break
    case (.readOffset, _): return "data_offset was read, and it was not the turn of it."
    case (.readSize, _): return "data_size was read, and it was not the turn of it."
    case (.readData, _): return "The window was read before data_size."
    case (.readState, _), (.setSize, _), (.setData, _): break
    }
    return nil
  }
}
