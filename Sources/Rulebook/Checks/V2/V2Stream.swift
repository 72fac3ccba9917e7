import Migration
import VFIO

/// The data of a session: where they end, and that they belong together.
enum V2Stream {
  static let checks: [Check] = [end, noMessage, nothingNow, readableAtEnd, overAfterwards, anyPieces, oneStream]

  /// Goes to STOP_COPY and reads all data there.
  private static func drained(_ v2: V2Bench) throws(Untried) -> (stream: any DataStream, count: Int) {
    let stream = try v2.open(.stopCopy)
    let drained = try stream.drain()
    guard drained.end != nil else { throw Untried("the device gives more than a check takes") }
    return (stream, drained.count)
  }

  private static let end = Check("V2-FD-05") { (bench) throws(Untried) in
    let stream = try V2Bench(bench).open(.stopCopy)
    let drained = try stream.drain()
    guard let end = drained.end else { throw Untried("the device gives more than a check takes") }
    guard case .end = end else {
      return .broken("After \(drained.count) bytes a read answers \(end), not 0.")
    }
    for number in 1...3 {
      let again = stream.next()
      guard case .end = again else { return .broken("Read \(number) after the end answers \(again), not 0.") }
    }
    return .kept("After \(drained.count) bytes every read answers 0.")
  }

  private static let noMessage = Check("V2-FD-06") { (bench) throws(Untried) in
    let stream = try V2Bench(bench).open(.stopCopy)
    let drained = try stream.drain()
    guard let end = drained.end else { throw Untried("the device gives more than a check takes") }
    let pieces = [end] + (0..<8).map { _ in stream.next() }
    return pieces.contains(where: \.isNothingNow)
      ? .broken("A read in STOP_COPY answers ENOMSG, after \(drained.count) bytes.")
      : .kept("No read answered ENOMSG, over \(drained.count) bytes and beyond their end.")
  }

  private static let nothingNow = Check("V2-FD-07") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    guard v2.device.wire == nil else { throw Untried("over a socket there is no ENOMSG") }
    let drained = try v2.openPreCopy().drain()
    guard let end = drained.end else { throw Untried("the device always has more data") }
    return end.isNothingNow
      ? .kept("After \(drained.count) bytes in PRE_COPY a read answers ENOMSG.")
      : .broken("After \(drained.count) bytes in PRE_COPY a read answers \(end), not ENOMSG.")
  }

  private static let readableAtEnd = Check("V2-FD-08") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let (stream, count) = try drained(v2)
    let ready = try bench.need(stream.answer(.readiness), "poll").number
    return ready & 1 != 0
      ? .kept("At the end of the data, after \(count) bytes, poll says POLLIN.")
      : .broken("At the end of the data, after \(count) bytes, poll says 0x\(hexadecimal(ready)), without POLLIN.")
  }

  private static let overAfterwards = Check("V2-FD-10") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let stream = try v2.open(.stopCopy)
    try v2.enter(.stop)
    let read = stream.readOnce(4096)
    if let bytes = read.value { return .broken("In STOP a read of the session's data fd answers \(bytes.count).") }
    // Over a socket a write is answered later, and may be taken for the next change.
    if v2.device.wire != nil { return .kept("In STOP a read of the session's data answers \(read).") }
    let written = Answer { () throws(DeviceError) in try stream.write([UInt8(0)].span.bytes) }
    if let taken = written.value { return .broken("In STOP a write of the session's data fd answers \(taken).") }
    return .kept("In STOP a read of the session's data fd answers \(read), a write \(written).")
  }

  private static let anyPieces = Check("V2-FD-12") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let data = try v2.saved()
    let whole = try v2.load(data) { _ in 1 << 20 }
    guard whole.isTaken else { throw Untried("the device does not take its own data: \(whole)") }
    // Single bytes where heads are; more of them would only take time.
    let singly = try v2.load(data) { $0 < 256 ? 1 : 1 << 16 }
    guard singly.isTaken else { return .broken("Written byte by byte the same data are not taken: \(singly).") }
    let pages = try v2.load(data) { _ in 4096 }
    return pages.isTaken
      ? .kept("\(data.count) bytes are taken in writes of 1 MiB, of 4096, and byte by byte.")
      : .broken("In writes of 4096 bytes the same data are not taken: \(pages).")
  }

  private static let oneStream = Check("V2-FD-13") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    let stream = try v2.openPreCopy()
    let data = SavedData()
    guard case .data(let first) = stream.next(16 << 10) else { throw Untried("the device gives no data in PRE_COPY") }
    try data.add(first)
    if v2.flags.contains(.p2p) {
      try v2.enter(.preCopyP2P)
      if case .data(let more) = stream.next(16 << 10) { try data.add(more) }
    }
    let early = data.count
    if !v2.set(.stopCopy).isDone {
      // A way that keeps the session, if there is one.
      try v2.enter(.preCopy)
      try v2.enter(.stopCopy)
    }
    let rest = try stream.drain(into: data)
    guard case .end = rest.end else {
      guard let end = rest.end else { throw Untried("the device gives more than a check takes") }
      return .broken("The data fd of PRE_COPY does not give the rest in STOP_COPY: \(end).")
    }
    let loading = try v2.load(data.whole)
    return loading.isTaken
      ? .kept("\(early) bytes of PRE_COPY and \(rest.count) of STOP_COPY are taken as one stream.")
      : .broken("\(early) bytes of PRE_COPY and \(rest.count) of STOP_COPY are not taken: \(loading).")
  }
}

extension Read {
  var isNothingNow: Bool {
    switch self {
    case .nothingNow: true
    case .data, .end, .refused: false
    }
  }
}
