import Glibc
import TestSupport
import Testing

/// A simulated device that a process of its own serves, in a folder of its own.
final class Served {
  let device: String
  let path: String
  let server: Invocation
  private let folder: Tree

  /// Starts serving, and waits until a client can come, unless it won't start.
  init(
    _ device: String, at name: String = "socket", _ options: String..., expectingStart: Bool = true
  ) throws {
    folder = try Tree()
    self.device = device
    path = "\(folder.path)/\(name)"
    server = try Invocation(["serve", device, "--socket", path] + options)
    guard expectingStart else { return }
    let line = try server.errorLine()
    try #require(line.hasPrefix("vfioscope: \(device) is served at \(path), vfio-user 0."), "\(line)")
  }

  /// What a client names it by.
  var name: String { "vfio-user:\(path)" }

  /// Whether the socket is there.
  var exists: Bool { access(path, F_OK) == 0 }

  /// A file's path beside the socket.
  func beside(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Asks the server to end, and says how it did.
  func end() throws -> Finished {
    server.signal(SIGTERM)
    return try server.finish()
  }
}
