import Glibc
import TestSupport
import Testing

@Suite("list --socket")
struct ListedSocketTests {
  private func sockets(_ paths: String...) throws -> [ParsedJSON] {
    let run = try Invocation(["list", "--demo", "--json", "--socket"] + paths).finish()
    #expect(run.status == .exited(0))
    #expect(run.errors == "")
    return try #require(try ParsedJSON(run.output)["sockets"]).elements
  }

  @Test("says of each generation what serves it, whether it migrates and how, and changes nothing")
  func generations() throws {
    let first = try Served("sim:v1-reference,size=64K,state=pre-copy", "--keep")
    let second = try Served("sim:v2-reference,size=64K", "--keep")
    let found = try sockets(first.path, second.path)
    #expect(
      found == [
        [
          "path": .string(first.path), "error": nil, "vendor_id": "0x5649", "device_id": "0x0001",
          "migrates": .bool(true),
          "generation": "0.1", "protocol": "v1", "flags": ["map"], "data_ways": ["message", "map"], "state": "pre-copy",
        ],
        [
          "path": .string(second.path), "error": nil, "vendor_id": "0x5649", "device_id": "0x0002",
          "migrates": .bool(true), "generation": "0.2", "protocol": "v2", "flags": ["stop-copy", "pre-copy"],
          "data_ways": ["message"], "state": "running",
        ],
      ])
    #expect(try sockets(first.path, second.path) == found)
    let text = try vfioscope("list", "--demo", "--socket", second.path, first.path)
    let words = text.lines.map { $0.split(separator: " ").joined(separator: " ") }
    #expect(words.contains("SOCKET PCI VFIO-USER STATE MIGRATION"))
    #expect(words.contains("\(second.path) 5649:0002 0.2 running v2 by message (stop-copy, pre-copy)"))
    #expect(words.contains("\(first.path) 5649:0001 0.1 pre-copy v1 by message or map"))
    #expect(words.first == "GROUP DEVICE DRIVER VERDICT NODE WHAT")
  }

  @Test("a device that does not speak the generation it is served in does not migrate")
  func none() throws {
    let served = try Served("sim:v2-reference,size=64K", "--protocol", "0.1", "--keep")
    #expect(try sockets(served.path).map { $0["migrates"] } == [.bool(false)])
    let text = try vfioscope("list", "--demo", "--socket", served.path)
    #expect(text.lines.contains { $0.hasPrefix(served.path) && $0.hasSuffix("none") })
  }

  @Test("what does not answer is a line that says so, and the others are listed")
  func failures() throws {
    let tree = try Tree()
    let served = try Served("sim:v2-reference,size=64K", "--keep")
    let silent = "\(tree.path)/silent"
    let listener = try listening(at: silent)
    defer { close(listener) }
    let dead = "\(tree.path)/dead"
    close(try listening(at: dead))
    let found = try sockets(silent, "/no/such", "/etc/hostname", served.path, dead)
    #expect(found.map { $0["migrates"] } == [.null, .null, .null, .bool(true), .null])
    let errors = found.map { $0["error"]?.text ?? "" }
    #expect(errors[0].contains("no answer in time"))
    #expect(errors[1].contains("ENOENT"))
    #expect(errors[2].contains("not a socket"))
    #expect(errors[3] == "")
    #expect(errors[4].contains("no server listens there any more"))
    let text = try vfioscope("list", "--demo", "--socket", "/no/\u{1b}[31msuch")
    #expect(text.status == .exited(0))
    #expect(!text.output.contains("\u{1b}"))
    #expect(text.output.contains("no answer: ENOENT"))
  }

  /// Somebody who listens and never answers.
  private func listening(at path: String) throws -> Int32 {
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8) + [0]) }
    let status = withUnsafePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    try #require(listen(listener, 4) == 0)
    return listener
  }
}
