import Dispatch
import Migration
import Synchronization
import VFIO

/// A vfio-user socket of a listing, and what was found behind it.
public struct ListedSocket: Sendable, Equatable {
  /// The socket.
  public var path: String
  /// What the server said, or a line that says why it said nothing.
  public var finding: Finding

  /// What came of asking.
  public enum Finding: Sendable, Equatable {
    case device(Facts)
    case failed(String)
  }

  /// What a server said of its device.
  public struct Facts: Sendable, Equatable {
    /// PCI vendor and device; nil when it has no configuration space.
    public var vendorID: UInt16?
    /// See `vendorID`.
    public var deviceID: UInt16?
    /// How it migrates; nil when it does not.
    public var migration: Migration?
  }

  /// How a device migrates.
  public struct Migration: Sendable, Equatable {
    /// The generation of vfio-user whose migration it has: `0.1` or `0.2`.
    public var generation: String
    /// The migration protocol.
    public var `protocol`: MigrationProtocol
    /// The optional parts it says it has.
    public var flags: [String]
    /// Whether its data can also be had from mapped memory, and not only by message.
    public var isMapped: Bool
    /// The state it is in; nil when that could not be read.
    public var state: String?
  }

  /// A socket with this finding.
  public init(path: String, finding: Finding) {
    self.path = path
    self.finding = finding
  }
}

extension ListedSocket {
  /// How long a server may take for an answer.
  private static let patience = Duration.seconds(3)

  /// How many servers are asked at the same time.
  private static let width = 8

  /// Asks the servers at these sockets, several at the same time. It opens their devices, and changes nothing.
  public static func looked(at paths: [String]) -> [ListedSocket] {
    let found = Mutex<[Int: ListedSocket]>([:])
    let next = Atomic(0)
    let all = DispatchGroup()
    for worker in 0..<min(width, paths.count) {
      DispatchQueue(label: "sockets \(worker)").async(group: all) {
        while true {
          let number = next.add(1, ordering: .relaxed).oldValue
          guard number < paths.count else { return }
          let socket = ListedSocket(path: paths[number], finding: finding(at: paths[number]))
          found.withLock { $0[number] = socket }
        }
      }
    }
    all.wait()
    let sockets = found.withLock { $0 }
    return paths.indices.compactMap { sockets[$0] }
  }

  private static func finding(at path: String) -> Finding {
    var opener = DeviceOpener()
    opener.socketOptions.timeout = patience
    // Nobody stays long enough to be asked for memory.
    opener.socketOptions.wantsTwinSocket = false
    do throws(OpenFailure) {
      return .device(Facts(try opener.open(.vfioUser(path), journal: Journal())))
    } catch {
      // The path stands beside it.
      let prefix = "\(DeviceReference.vfioUser(path)): "
      let text = error.description
      return .failed(text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
    }
  }
}

extension ListedSocket.Facts {
  private static let configIndex: UInt32 = 7

  fileprivate init(_ opened: OpenedDevice) {
    let regions = (try? opened.device.regions()) ?? []
    let config = regions.first { $0.index == Self.configIndex }
    let identity = config.flatMap { try? opened.device.bytes(in: $0, at: 0, count: 4) }
    vendorID = identity?.number(at: 0)
    deviceID = identity?.number(at: 2)
    migration = opened.session.map { session in
      let isFirst = session.interface.protocol == .v1
      return ListedSocket.Migration(
        generation: isFirst ? "0.1" : "0.2", protocol: session.interface.protocol, flags: session.interface.flags,
        isMapped: session.interface.flags.contains("map"),
        state: (try? session.observe())?.state.name)
    }
  }
}
