import Glibc

/// A program for a test could not be started.
package struct SpawnError: Error, CustomStringConvertible {
  package let description: String
}

/// Starts a program, with `files` saying what its standard input, output and error are.
///
/// It starts with no signal blocked and none ignored: threads that run tests block many, and a child inherits that.
///
/// - Parameters:
///   - environment: added to PATH, HOME, LANG (C.UTF-8), TERM (xterm-256color); nil takes a variable away.
///   - newSession: starts it in a session of its own, whose terminal is the first one it opens.
package func spawn(
  _ path: String, _ arguments: [String], environment: [String: String?] = [:], newSession: Bool = false,
  files wire: (inout posix_spawn_file_actions_t) -> Void
) throws -> pid_t {
  var files = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&files)
  defer { posix_spawn_file_actions_destroy(&files) }
  wire(&files)
  var attributes = attributes(newSession: newSession)
  defer { posix_spawnattr_destroy(&attributes) }
  var process: pid_t = 0
  let result = withStrings([path] + arguments) { arguments in
    withStrings(childEnvironment(environment)) { posix_spawn(&process, path, &files, &attributes, arguments, $0) }
  }
  guard result == 0 else { throw SpawnError(description: "posix_spawn \(path): errno \(result)") }
  return process
}

/// A program that this package builds: it lies beside the tests.
package func builtProgram(_ name: String) throws -> String {
  var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count = buffer.withUnsafeMutableBytes { bytes in
    bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1
  }
  guard count > 0 else { throw SpawnError(description: "readlink: \(errno)") }
  let tests = String(decoding: buffer.prefix(count), as: UTF8.self)
  return tests.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 } + "/" + name
}

private func attributes(newSession: Bool) -> posix_spawnattr_t {
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigfillset(&signals)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  let session: Int32 = newSession ? 0x80 : 0  // POSIX_SPAWN_SETSID of <spawn.h>, which does not import
  posix_spawnattr_setflags(&attributes, Int16(session | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  return attributes
}

/// The same on every machine, but for where a coverage run wants its profile.
private func childEnvironment(_ added: [String: String?]) -> [String] {
  var variables = ["LANG": "C.UTF-8", "TERM": "xterm-256color", "SWIFT_BACKTRACE": "enable=no"]
  for name in ["PATH", "HOME", "LLVM_PROFILE_FILE"] { variables[name] = getenv(name).map { String(cString: $0) } }
  for (name, value) in added { variables[name] = value }
  return variables.map { "\($0)=\($1)" }
}

/// Gives strings as C wants lists of them, for the time of a call.
private func withStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = strings.map { strdup($0) }
  defer { pointers.forEach { free($0) } }
  return body(pointers + [nil])
}
