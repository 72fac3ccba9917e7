/// How a program ended.
package enum Ending: Equatable {
  case exited(Int32)
  case killed(by: Int32)

  /// From what `waitpid` gave (WIFSIGNALED and the like do not import).
  package init(wait status: Int32) {
    let signal = status & 0x7F
    self = signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(by: signal)
  }
}
