import Migration
import VFIO

/// How messages look, and how a conversation begins.
enum Conversation {
  static let checks: [Check] = [reply, error, meanwhile, version, first, migration, regions]

  /// DEVICE_GET_INFO, of which every server knows the answer.
  private static let reply = Check("VU-MSG-01") { (bench) throws(Untried) in
    let info = [16, 0, 0, 0].flatMap { [UInt8](number: UInt32($0)) }
    // The reply was found by its number; else the conversation would have ended.
    let header = try SocketBench(bench).exchange(.deviceGetInfo, info).header
    let words = "The reply to DEVICE_GET_INFO has command \(header.command) and type \(header.flags.type)."
    return header.command == WireCommand.deviceGetInfo.rawValue && header.flags.isReply ? .kept(words) : .broken(words)
  }

  private static let error = Check("VU-MSG-02") { (bench) throws(Untried) in
    let socket = try SocketBench(bench)
    let index = max(99, try bench.info().regionCount)
    let access = [UInt8](number: UInt64(0)) + [UInt8](number: index) + [UInt8](number: UInt32(4))
    let reply = try socket.exchange(.regionRead, access)
    let words = "REGION_READ of region \(index): \(reply.words), a message of \(reply.header.messageSize) bytes."
    return reply.errno != nil && reply.header.messageSize == UInt32(WireHeader.size) ? .kept(words) : .broken(words)
  }

  private static let meanwhile = Check("VU-MSG-03") { (bench) throws(Untried) in
    _ = try SocketBench(bench)
    return ClientSelfCheck.acceptsCommandsBeforeReply().map { .broken("This program's client: \($0).") }
      ?? .kept("This program's client answers a command that comes before the reply that it waits for.")
  }

  private static let version = Check("VU-VER-01") { (bench) throws(Untried) in
    let (ours, theirs) = try SocketBench(bench).versions
    let words = "\(ours.major).\(ours.minor) was proposed, the server answers \(theirs.major).\(theirs.minor)."
    return theirs.major == ours.major && theirs.minor <= ours.minor ? .kept(words) : .broken(words)
  }

  private static let first = Check("VU-VER-02") { (bench) throws(Untried) in
    let before = try SocketBench(bench).agreement.commandsBefore
    return before == 0
      ? .kept("VERSION was the first message of this conversation.")
      : .broken("\(before) messages of this conversation went before VERSION.")
  }

  /// The capability belongs to the generation with the migration region; the later one says nothing of it.
  private static let migration = Check("VU-VER-03") { (bench) throws(Untried) in
    let (ours, theirs) = try SocketBench(bench).versions
    guard ours.capabilities.migration != nil else { return .broken("This program does not say that it migrates.") }
    if theirs.capabilities.migration != nil { return .kept("Both sides say that they migrate.") }
    return bench.session.interface.protocol == .v1
      ? .broken("The server does not say that it migrates, and has a migration region.")
      : .seen("The server does not say that it migrates. With device features that means nothing.")
  }

  /// What this program does when it looks at a device.
  private static let regions = Check("VU-REG-01") { (bench) throws(Untried) in
    let agreement = try SocketBench(bench).agreement
    let limit = agreement.agreed.capabilities.maxDataXferSize ?? 1 << 20
    guard max(agreement.mostRead, agreement.mostWritten) <= limit else {
      return .broken("This program moves up to \(agreement.mostRead) bytes at once; the server allows \(limit).")
    }
    let first = bench.journal.count
    let regions = try bench.need(Answer { () throws(DeviceError) in try bench.device.regions() }, "GET_REGION_INFO")
    _ = try? bench.session.observe()
    let places = bench.accesses(since: first).compactMap(\.place)
    let outside = places.first { place in
      !regions.contains { $0.index == place.region && place.end <= $0.size }
    }
    if let outside {
      return .broken("This program went to \(outside.end) in region \(outside.region), beyond its end.")
    }
    return .kept(
      """
      \(places.count == 1 ? "1 access to a region was" : "\(places.count) accesses to regions were all") inside; no message of this program moves more than \
      \(max(agreement.mostRead, agreement.mostWritten)) bytes, and the server allows \(limit).
      """)
  }
}

extension SocketBench {
  /// What both sides said in VERSION.
  fileprivate var versions: (ours: WireVersion, theirs: WireVersion) { (agreement.proposed, agreement.agreed) }
}

extension Access {
  /// The region that was accessed, and where the access ended there.
  fileprivate var place: (region: UInt32, end: UInt64)? {
    switch operation {
    case .read(let region, let offset, let count), .write(let region, let offset, let count):
      (region, offset &+ UInt64(count))
    default: nil
    }
  }
}
