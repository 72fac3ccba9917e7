import Glibc

/// Starts a program in a session of its own, with a terminal as its standard input, output and error.
///
/// It starts with no signal blocked and none ignored: threads that run tests block many, and a child inherits that.
func spawn(_ path: String, _ arguments: [String], terminal: String, environment: [String: String?]) throws -> pid_t {
  var files = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&files)
  defer { posix_spawn_file_actions_destroy(&files) }
  // A session leader that opens a terminal gets it as its controlling terminal.
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, terminal, O_RDWR, 0)
  posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO)
  posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDERR_FILENO)

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var signals = sigset_t()
  sigemptyset(&signals)
  posix_spawnattr_setsigmask(&attributes, &signals)
  sigfillset(&signals)
  posix_spawnattr_setsigdefault(&attributes, &signals)
  let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID of <spawn.h>, which does not import
  posix_spawnattr_setflags(&attributes, Int16(newSession | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

  var process: pid_t = 0
  let result = withStrings([path] + arguments) { arguments in
    withStrings(childEnvironment(environment)) { posix_spawn(&process, path, &files, &attributes, arguments, $0) }
  }
  guard result == 0 else { throw PtyError(description: "posix_spawn \(path): errno \(result)") }
  return process
}

/// A program that this package builds: it lies beside the tests.
func builtProgram(_ name: String) throws -> String {
  var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count = buffer.withUnsafeMutableBytes { bytes in
    bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? -1
  }
  guard count > 0 else { throw PtyError(description: "readlink: \(errno)") }
  let tests = String(decoding: buffer.prefix(count), as: UTF8.self)
  return tests.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 } + "/" + name
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
