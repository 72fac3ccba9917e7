import Glibc
import TestSupport
import Testing

@Suite("Without permission the program names the file and the error")
struct PermissionTests {
  /// Runs the program as a user without rights: as root through util-linux' setpriv, otherwise as it is.
  private func asOrdinaryUser(_ arguments: [String]) throws -> Finished {
    guard geteuid() == 0 else { return try Invocation(arguments).finish() }
    let user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--", try builtProgram("vfioscope")]
    return try Invocation(user + arguments, program: setpriv).finish()
  }

  @Test("of a machine's sys", .enabled(if: ordinaryUserCanRunIt, "an ordinary user can't reach the built program"))
  func sys() throws {
    let tree = try Tree()
    tree.forbid("sys")
    let run = try asOrdinaryUser(["list", "--root", tree.path])
    #expect(run.status == .exited(3))
    #expect(run.output.isEmpty)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.hasPrefix("vfioscope: \(tree.path)/sys: Permission denied"))
  }

  @Test("of a socket", .enabled(if: ordinaryUserCanRunIt, "an ordinary user can't reach the built program"))
  func socket() throws {
    let tree = try Tree()
    try tree.write("closed/device.sock", "")
    tree.forbid("closed")
    let run = try asOrdinaryUser(["show", "vfio-user:\(tree.path)/closed/device.sock"])
    #expect(run.status == .exited(3))
    #expect(run.output.isEmpty)
    #expect(run.errors == "vfioscope: vfio-user:\(tree.path)/closed/device.sock: EACCES (Permission denied)\n")
  }
}

private let setpriv = "/usr/bin/setpriv"

/// Whether the tests are not root, or root can become a user who can start the program.
private let ordinaryUserCanRunIt: Bool = {
  guard geteuid() == 0 else { return true }
  let user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"]
  let run = try? Invocation(user + [builtProgram("vfioscope"), "--version"], program: setpriv).finish()
  return run?.status == .exited(0)
}()
