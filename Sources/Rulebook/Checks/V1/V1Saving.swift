import Migration
import VFIO

/// How a device gives its data, chunk by chunk.
enum V1Saving {
  static let checks: [Check] = [
    Check("V1-SAVE-01", pendingIsRead),
    Check("V1-SAVE-03", dataStay),
    Check("V1-SAVE-04", registersStay),
    Check("V1-SAVE-06", chunksAreNew),
    Check("V1-SAVE-08", preCopyNeedNotBeDrained),
    Check("V1-SAVE-09", moreComes),
    Check("V1-SAVE-10", pendingIsWhole),
    Check("V1-SAVE-11", chunksComeInPieces),
    Check("V1-SAVE-12", emptyAnswers),
    Check("V1-SAVE-13", outsideASession),
  ]

  private static func pendingIsRead(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.stopCopy)
    var values: [UInt64] = []
    for _ in 0..<3 { values.append(try bench.need(v1.pendingBytes(), "pending_bytes")) }
    return Set(values).count == 1
      ? .kept("Three reads in a row give \(values[0]) bytes each.")
      : .broken("Three reads in a row give \(values[0]), \(values[1]) and \(values[2]) bytes: the device is stopped.")
  }

  private static func dataStay(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.stopCopy)
    let (offset, size) = try v1.openFirstChunk()
    let first = v1.window(at: offset, count: size)
    guard let bytes = first.value, bytes.count == size else {
      return .broken("A chunk of \(size) bytes is announced, and reading it gives: \(told(first)).")
    }
    let second = v1.window(at: offset, count: size)
    guard let again = second.value else {
      return .seen("A chunk of \(size) bytes can be read once; the second time it is refused: \(told(second)).")
    }
    return again == bytes
      ? .kept("A chunk of \(size) bytes is the same when it is read a second time.")
      : .broken("A chunk of \(size) bytes is another one when it is read a second time.")
  }

  private static func registersStay(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.stopCopy)
    let first = try v1.openFirstChunk()
    let again = (offset: v1.dataOffset(), size: v1.dataSize())
    return again.offset.value == first.offset && again.size.value == UInt64(first.size)
      ? .kept("data_offset is \(first.offset) and data_size \(first.size), also when they are read again.")
      : .broken(
        "data_offset was \(first.offset) and data_size \(first.size); read again, they are \(again.offset) and \(again.size)."
      )
  }

  private static func preCopyNeedNotBeDrained(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.preCopy)
    let pending = try bench.need(v1.pendingBytes(), "pending_bytes")
    guard pending > 0 else { throw Untried("the device has no data in pre-copy that could be left there") }
    _ = try v1.openChunk()
    let answer = v1.setState(V1State.stopCopy.rawValue)
    let state = v1.state()
    return answer.isDone && state.value == V1State.stopCopy.rawValue
      ? .kept("With \(pending) bytes pending, and a chunk in the window, stop-copy is reached.")
      : .broken("With \(pending) bytes pending, stop-copy is refused: \(answer). The state is \(state).")
  }

  private static func pendingIsWhole(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.preCopy)
    if let why = partOfPending(v1) { return .broken("In pre-copy, \(why).") }
    try v1.runAgain()
    try v1.enter(.stopCopy)
    if let why = partOfPending(v1) { return .broken("In stop-copy, \(why).") }
    guard try v1.take().isWhole else {
      return .kept("It comes whole in pre-copy and in stop-copy; there is no end of data.")
    }
    if let why = partOfPending(v1) { return .broken("When all data were taken, \(why).") }
    return .kept("It comes whole in pre-copy, in stop-copy, and when all data were taken.")
  }

  /// What is wrong with `pending_bytes`; nil when 8 bytes come.
  private static func partOfPending(_ v1: V1Bench) -> String? {
    let answer = v1.read(8, at: V1Bench.Register.pendingBytes)
    guard let bytes = answer.value else { return "reading pending_bytes is refused: \(answer)" }
    return bytes.count == 8 ? nil : "reading pending_bytes gives \(bytes.count) of 8 bytes"
  }

  private static func chunksComeInPieces(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    try v1.enter(.stopCopy)
    let (offset, size) = try v1.openFirstChunk()
    let whole = Answer { () throws(DeviceError) in try v1.device.bytes(in: v1.region, at: offset, count: size) }
    if whole.errno == .ENOTSUP { throw Untried("the window can only be mapped") }
    guard let bytes = whole.value, bytes.count == size else {
      throw Untried("reading a chunk of \(size) bytes at once gives: \(told(whole))")
    }
    for piece in pieces(of: size) {
      let answer = v1.read(piece.count, at: offset + UInt64(piece.lowerBound))
      guard let part = answer.value else {
        return .broken("\(piece.count) bytes at \(piece.lowerBound) of \(size) can't be read alone: \(answer).")
      }
      guard part == Array(bytes[piece]) else {
        return .broken("\(piece.count) bytes at \(piece.lowerBound) of \(size) are others when they are read alone.")
      }
    }
    return .kept("A chunk of \(size) bytes is the same by 1, by 8, by 4096 and by other numbers of bytes.")
  }

  /// A few single bytes, a few numbers of 8, a page, and all the rest in two.
  private static func pieces(of size: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = 0
    for length in [1, 1, 1, 5, 8, 8, 8, 4096, (size - start) / 3, size] where start < size {
      let end = min(size, start + max(1, length))
      pieces.append(start..<end)
      start = end
    }
    return pieces
  }

  private static func outsideASession(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let state = try bench.state()
    guard !state.isSaving, !state.isResuming else {
      throw Untried("the device is in \(state.name), where they mean something")
    }
    return .seen(
      "In \(state.name), pending_bytes: \(v1.pendingBytes()); data_offset: \(v1.dataOffset()); data_size: \(v1.dataSize())."
    )
  }

  /// A refusal, or how many bytes came.
  private static func told(_ answer: Answer<[UInt8]>) -> String {
    answer.value.map { "\($0.count) bytes" } ?? "\(answer)"
  }
}
