import Migration
import VFIO

/// The descriptor of a data session: when it comes, and what it is.
enum V2Descriptor {
  static let checks: [Check] = [returned, closeOnExec, oneWay, streamOnly, notReady, closed]

  private static let returned = Check("V2-FD-01") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let arcs = V2Arcs(flags: v2.flags)
    var present = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
    var session: (any DataStream)?
    var saved = LoadData()
    var count = 0
    for state in walk {
      guard let path = arcs.path(from: present, to: state) else { continue }
      if present == .resuming, state != .resuming { _ = try session?.writeAll(saved) }
      let change = v2.set(state)
      let new = change.dataFD >= 0 ? bench.stream(taking: change.dataFD) : nil
      let name = "\(present.protocolName) to \(state.protocolName)"
      // Whether it has to be made is for the rules about changes to tell.
      guard change.isDone else {
        present = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
        continue
      }
      let isDue = V2Arcs.opensSession(path)
      guard isDue == (new != nil) else {
        return .broken("\(name) gives \(isDue ? "no data fd" : "data fd \(change.dataFD), and opens no session").")
      }
      session = new ?? session
      if state == .stopCopy, let new {
        let data = SavedData()
        _ = try new.drain(into: data)
        saved = data.whole
      }
      (present, count) = (state, count + 1)
    }
    guard count > 0 else { throw Untried("the device makes no change") }
    return .kept("\(count) requests gave a data fd where they open a session, and -1 where they don't.")
  }

  /// Each kind of request, from RUNNING on. States that the device does not have are passed over.
  private static let walk: [V2State] = [
    .running, .preCopy, .preCopy, .preCopyP2P, .preCopy, .stopCopy, .stop, .stopCopy, .stopCopy, .running, .runningP2P,
    .preCopyP2P, .runningP2P, .stop, .running, .stopCopy, .resuming, .resuming, .stop, .running,
  ]

  private static let closeOnExec = Check("V2-FD-02") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let flags = try bench.need(try v2.openSaving().answer(.descriptorFlags), "F_GETFD").number
    return flags & 1 != 0
      ? .kept("The data fd has FD_CLOEXEC.") : .broken("The data fd's flags are \(flags): FD_CLOEXEC is not set.")
  }

  private static let oneWay = Check("V2-FD-03") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let saving = try v2.openSaving()
    let written = Answer { () throws(DeviceError) in try saving.write([UInt8(0)].span.bytes) }
    guard written.errno == .EBADF else { return .broken("Writing the data fd of a saving session: \(written).") }
    let read = try v2.open(.resuming).readOnce(1)
    return read.errno == .EBADF
      ? .kept("Writing a saving data fd and reading a resuming one answer EBADF.")
      : .broken("Reading the data fd of a resuming session: \(read).")
  }

  private static let streamOnly = Check("V2-FD-04") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let stream = try v2.openSaving()
    let sought = stream.answer(.seek)
    guard sought.errno == .ESPIPE else { return .broken("lseek on the data fd: \(sought.words).") }
    let read = stream.answer(.positionedRead(offset: 0, count: 1))
    return read.errno == .ESPIPE
      ? .kept("lseek and pread on the data fd answer ESPIPE.") : .broken("pread on the data fd: \(read.words).")
  }

  /// The data fds are non-blocking here always.
  private static let notReady = Check("V2-FD-09") { (bench) throws(Untried) in
    let v2 = try V2Bench(bench)
    try v2.needDescriptor()
    let stream = try v2.openSaving()
    let answers = (0..<4).map { _ in stream.readOnce(4096) }
    return answers.contains { $0.errno == .EAGAIN }
      ? .kept("A read that found nothing ready answered EAGAIN.")
      : .seen("\(answers.count) reads of the non-blocking data fd came back; none found nothing ready.")
  }

  private static let closed = Check("V2-FD-11") { (bench) throws(Untried) in
    _ = try V2Bench(bench)
    let first = bench.journal.count
    // Twice, because a device may not know one of the ways.
    for state in [V2State.stopCopy, .stop, .stopCopy, .stop, .running] { _ = bench.session.step(.state(.v2(state))) }
    guard bench.accesses(since: first).contains(where: \.givesDataFD) else { throw Untried("no data fd came") }
    let accesses = bench.accesses()
    let (received, closed) = (accesses.count(where: \.givesDataFD), accesses.count { $0.operation == .streamClose })
    return received <= closed
      ? .kept("\(received) data fds were received so far, and all were closed.")
      : .broken("\(received) data fds were received so far, and \(closed) were closed.")
  }
}

extension Answer<StreamReply> {
  /// The number that came back, or why none did.
  var words: String { value.map { "\($0.number)" } ?? "\(self)" }
}

extension Access {
  /// Whether a data fd came with it.
  fileprivate var givesDataFD: Bool {
    guard case .feature(_, let flags) = operation, flags == FeatureFlags.set.of(.migDeviceState), failure == nil else {
      return false
    }
    return payload.number(Int32.self, at: 4) ?? -1 >= 0
  }
}
