import CVFIO
import Glibc
import Synchronization

/// Serves a device over a vfio-user socket, to one client at a time.
public final class VFIOUserServer: Sendable {
  private let served: ServedDevice
  private let options: ServerOptions
  private let tap: WireTap?
  private let listener: ListeningSocket
  private let current = Mutex<(session: ServerSession?, isStopped: Bool)>((nil, false))

  /// Listens at `path`. One that is left over from a server that died is replaced; one where somebody listens is not.
  public init(
    _ device: any Device, at path: String, options: ServerOptions = ServerOptions(), tap: WireTap? = nil
  ) throws(DeviceError) {
    served = ServedDevice(device)
    self.options = options
    self.tap = tap
    listener = try ListeningSocket(path)
  }

  /// Serves until a client has left, or with `keepsServing` until it is stopped. Blocks.
  ///
  /// - Parameter onDisconnect: is told how each conversation ended: nil when the client has just left.
  public func run(onDisconnect: (WireError?) -> Void = { _ in }) throws(DeviceError) {
    defer { listener.close() }
    repeat {
      guard let socket = try listener.accept() else { return }
      let session = ServerSession(socket, served, options, tap)
      guard
        current.withLock({ current in
          current.session = session
          return !current.isStopped
        })
      else { return }
      let end = session.run()
      current.withLock { $0.session = nil }
      if options.resetsOnDisconnect { try? served.reset() }
      onDisconnect(end)
    } while options.keepsServing && !current.withLock { $0.isStopped }
  }

  /// Serves one client on a connected socket, which is closed at the end. For tests, which have no need of a path.
  ///
  /// - Returns: why the conversation ended; nil when the client has just left.
  package static func converse(
    on socket: Int32, about device: any Device, options: ServerOptions = ServerOptions(), tap: WireTap? = nil
  ) -> WireError? {
    ServerSession(WireSocket(FileDescriptor(owning: socket)), ServedDevice(device), options, tap).run()
  }

  /// Ends serving: the client is disconnected and the socket goes away. May be called from any thread.
  public func stop() {
    let session = current.withLock { current in
      current.isStopped = true
      return current.session
    }
    session?.disconnect()
    listener.wake()
  }
}

/// A socket that listens at a path, which goes away with it.
final class ListeningSocket: Sendable {
  private let path: String
  private let descriptor: FileDescriptor
  /// Tells our socket from one that has taken its place.
  private let inode: UInt64
  private let isOpen = Atomic(true)

  init(_ path: String) throws(DeviceError) {
    self.path = path
    let operation = Operation.open(path: path)
    var number = cu_listen(path, 0)
    if number < 0, Errno.current.rawValue == EADDRINUSE {
      try Self.removeStale(path)
      number = cu_listen(path, 0)
    }
    guard number >= 0 else { throw DeviceError(operation, .current) }
    descriptor = FileDescriptor(owning: number)
    inode = Self.inode(of: path) ?? 0
  }

  deinit {
    close()
  }

  /// Takes away a socket at which nobody listens any more.
  private static func removeStale(_ path: String) throws(DeviceError) {
    let operation = Operation.open(path: path)
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw DeviceError(operation, .malformed("there is a file of that name, and it is no socket"))
    }
    let number = cu_connect(path)
    if number >= 0 { Glibc.close(number) }
    // EAGAIN: somebody listens and has a caller waiting.
    guard number < 0, Errno.current.rawValue == ECONNREFUSED else {
      throw DeviceError(operation, .malformed("another server listens there"))
    }
    unlink(path)
  }

  /// The next client; nil after `wake`.
  func accept() throws(DeviceError) -> WireSocket? {
    let operation = Operation.open(path: path)
    while isOpen.load(ordering: .acquiring) {
      _ = try descriptor.wait(for: .reading, until: nil, as: operation)
      let number = cu_accept(descriptor.borrowed)
      if number >= 0 { return WireSocket(FileDescriptor(owning: number)) }
      let failure = Errno.current
      guard isOpen.load(ordering: .acquiring) else { return nil }
      // A caller may be gone again before it was taken.
      guard failure == .EINTR || failure == .EAGAIN || failure.rawValue == ECONNABORTED else {
        throw DeviceError(operation, failure)
      }
    }
    return nil
  }

  /// Makes `accept` return.
  func wake() {
    isOpen.store(false, ordering: .releasing)
    _ = shutdown(descriptor.borrowed, Int32(SHUT_RDWR))
  }

  /// Takes the path away, unless it is another's by now.
  func close() {
    wake()
    if Self.inode(of: path) == inode { unlink(path) }
  }

  private static func inode(of path: String) -> UInt64? {
    var status = stat()
    return lstat(path, &status) == 0 ? UInt64(status.st_ino) : nil
  }
}
