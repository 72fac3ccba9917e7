import Dispatch
import Inspector
import VFIO

/// Switches the faults of a served device on and off, by lines of standard input: `+size-zero`, `-size-zero`.
struct FaultControl: Sendable {
  private let switches: FaultSwitches

  /// For these switches.
  init(_ switches: FaultSwitches) { self.switches = switches }

  /// Switches one on that the command line names.
  func switchOn(_ word: String) throws(Failure) {
    do throws(UnknownFault) { try switches.on(word) } catch { throw Failure(.usage, "--fault \(word): \(error)") }
  }

  /// Takes lines until there are no more. Each is answered on standard error.
  func readInput() {
    DispatchQueue(label: "fault switches").async { [self] in
      while let line = readLine() {
        if let answer = answer(to: line) { printError("vfioscope: \(printable(answer))") }
      }
    }
  }

  /// Does what a line says, and tells what is on then.
  func answer(to line: String) -> String? {
    guard let sign = line.first else { return nil }
    let word = String(line.dropFirst())
    switch sign {
    case "+":
      do throws(UnknownFault) { try switches.on(word) } catch { return error.description }
    case "-":
      guard switches.off(word) else { return "\(word) is not on" }
    default: return "a line is +NAME to switch a fault on or -NAME to switch it off, not \(line)"
    }
    let words = switches.words
    return words.isEmpty ? "no faults" : "faults: " + words.joined(separator: ", ")
  }
}
