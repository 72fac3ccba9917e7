import Migration
import VFIO

/// How this program gives a device its data.
enum V1OwnResuming {
  static let checks: [Check] = [
    Check("V1-RES-01") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let (touches, report) = v1.ownLoad(try v1.savedState(keeping: .beginning).chunks)
      var order = LoadOrder()
      for touch in touches {
        if let why = order.fault(of: touch) { return .broken(why) }
      }
      guard order.chunks > 0 else { throw Untried("no chunk was taken: \(report.fault?.description ?? "no data")") }
      return .kept("\(order.chunks) chunks were given in this order.")
    },
    Check("V1-RES-03") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let saved = try v1.savedState(keeping: .beginning)
      let (touches, report) = v1.ownLoad(saved.chunks)
      let given = touches.compactMap { if case .setSize(let size) = $0 { Int(clamping: size) } else { nil } }
      guard !given.isEmpty else { throw Untried("no chunk was taken: \(report.fault?.description ?? "no data")") }
      return given == Array(saved.sizes.prefix(given.count))
        ? .kept("Of \(saved.sizes.count) chunks, the first \(given.count) were given as they were taken.")
        : .broken("Of \(given.count) chunks, some were given in another size or order than they were taken.")
    },
    Check("V1-RES-08", window),
  ]

  /// A window of 8 bytes at the region's end: a chunk of 9 must not be written there.
  private static func window(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let standIn = V1StandIn([V1Bench.Register.dataOffset: v1.region.size - 8])
    let writer = standIn.interface(v1).writer(.message)
    guard put(8, by: writer), standIn.takeWrites().count == 2 else {
      throw Untried("this program does not write a chunk of 8 bytes into a window of 8")
    }
    let isTaken = put(9, by: writer)
    let writes = standIn.takeWrites().count
    return !isTaken && writes == 0
      ? .kept("A chunk of 9 bytes is not written into a window that has 8 up to the region's end; one of 8 is.")
      : .broken("A chunk of 9 bytes was written into a window that has 8 up to the region's end.")
  }

  private static func put(_ count: Int, by writer: any ChunkWriter) -> Bool {
    let chunk = [UInt8](repeating: 0, count: count)
    return (try? writer.put(chunk.span.bytes)) != nil
  }
}

/// The order in which a chunk is to be given to a device.
struct LoadOrder {
  private enum Place {
    /// The journal may not hold the beginning.
    case unknown
    case outside
    case offset
    case data(Int)
  }

  private var place = Place.unknown
  private var isMapped = false
  /// Chunks that were given.
  private(set) var chunks = 0

  /// Takes the next access.
  ///
  /// - Returns: what is wrong with it; nil when nothing is.
  mutating func fault(of touch: V1Touch) -> String? {
    switch (touch, place) {
    case (.map, _): isMapped = true
    case (.setState, _): place = .outside
    case (.readOffset, _): place = .offset
    case (_, .unknown): break
    case (.setData(_, let count), .offset): place = .data(count)
    case (.setData(_, let count), .data(let before)): place = .data(before + count)
    case (.setSize(let size), .data(let count)):
      if size != UInt64(count) { return "\(count) bytes were written, and data_size was set to \(size)." }
      (place, chunks) = (.outside, chunks + 1)
    case (.setSize, .offset) where isMapped: (place, chunks) = (.outside, chunks + 1)
    case (.setSize, _): return "data_size was written before the data."
    case (.setData, _): return "Data were written before data_offset was read."
    case (.readState, _), (.readPending, _), (.readSize, _), (.readData, _): break
    }
    return nil
  }
}
