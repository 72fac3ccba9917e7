import Glibc
import TestSupport
import Testing

/// A client that holds on to nothing: with few descriptors to use, it gets through many conversations.
@Suite("Descriptors of a vfio-user client")
struct DescriptorTests {
  @Test("are given back, however a server ends the conversation, and whatever it has passed")
  func conversations() throws {
    let tree = try Tree()
    let path = "\(tree.path)/socket"
    let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/VFIOUserPeer"
    let server = try Invocation(["python3", "-B", "\(folder)/server.py", path], program: "/usr/bin/env")
    #expect(try server.line() == "listening")
    let run = try limited(to: 96, [String](repeating: path, count: 400))
    let found = try #require(try ParsedJSON(run.output)["sockets"]).elements
    #expect(found.count == 400)
    let errors = found.compactMap { $0["error"]?.text }
    // Each eighth conversation is a good one, and each eighth a good one with a second socket.
    #expect(found.count { $0["error"] == .null } >= 50)
    #expect(errors.count >= 200)
    #expect(errors.filter { $0.contains("EMFILE") } == [])
  }

  @Test("are given back by a device that lets itself be mapped")
  func mapped() throws {
    let served = try Served("sim:v1-reference,size=64K", "--keep")
    let run = try limited(to: 96, [String](repeating: served.path, count: 100))
    let found = try #require(try ParsedJSON(run.output)["sockets"]).elements
    // The server has one client at a time; on a busy machine not everybody gets a turn.
    #expect(found.count { $0["protocol"] == "v1" } >= 50)
    #expect(found.filter { $0["error"]?.text?.contains("EMFILE") == true } == [])
  }

  /// `list --socket` with no more descriptors than these: each conversation takes a few, and eight go on at a time.
  private func limited(to descriptors: Int, _ paths: [String]) throws -> Finished {
    let script = "ulimit -n \(descriptors) && exec \"$0\" \"$@\""
    return try Invocation(
      ["-c", script, try builtProgram("vfioscope"), "list", "--demo", "--json", "--socket"] + paths, program: "/bin/sh"
    ).finish(patience: 60)
  }
}
