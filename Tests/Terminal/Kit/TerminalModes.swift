import Glibc

/// What a program did to its terminal.
struct TerminalModes: Equatable {
  var isCanonical = true
  var echoes = true
  var signals = true
  var translatesNewlines = true
  var isAlternate = false
  var showsCursor = true
  var reportsMouse = false
  var applicationKeypad = false

  /// As a shell wants it.
  static let sane = TerminalModes()
}

extension TerminalModes {
  init(termios modes: termios, terminal: VirtualTerminal) {
    isCanonical = modes.c_lflag & tcflag_t(ICANON) != 0
    echoes = modes.c_lflag & tcflag_t(ECHO) != 0
    signals = modes.c_lflag & tcflag_t(ISIG) != 0
    translatesNewlines = modes.c_oflag & tcflag_t(OPOST) != 0 && modes.c_iflag & tcflag_t(ICRNL) != 0
    isAlternate = terminal.isAlternate
    showsCursor = terminal.showsCursor
    reportsMouse = !terminal.privateModes.isDisjoint(with: [1000, 1002, 1003])
    applicationKeypad = terminal.applicationKeypad
  }
}
