// Shows what the Terminal module does, for the tests that look at whole screens: it draws the keys that came, and each
// of its commands is a key. `TerminalProbe [--text TEXT] [--ascii] [--mouse] [--tick MS]`
import Glibc
import Terminal

do {
  let signals = try BlockedSignals()
  let probe = try Probe(CommandLine.arguments, signals: signals)
  try probe.run()
} catch {
  let line = Array("TerminalProbe: \(error)\n".utf8)
  _ = write(STDERR_FILENO, line, line.count)
  exit(2)
}
