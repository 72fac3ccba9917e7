import TestSupport
import Testing

/// A proxy in a process of its own, in front of a device that another one serves.
final class Proxied {
  let path: String
  let proxy: Invocation

  /// Starts it, and waits until a client can come.
  convenience init(_ served: Served, _ options: String...) throws {
    try self.init(served, options)
  }

  /// The same with a list of options.
  init(_ served: Served, _ options: [String]) throws {
    path = served.beside("proxy")
    proxy = try Invocation(["proxy", path, served.path] + options)
    let line = try proxy.errorLine()
    try #require(line == "vfioscope: listening at \(path), for the server at \(served.path)")
  }

  /// What a client names it by.
  var name: String { "vfio-user:\(path)" }
}
