import Glibc
import Inspector

/// Asks before something that can't be taken back; without a terminal the answer is no.
func askUser(_ sentence: String, about subject: String) throws(Failure) {
  guard isInteractive else { throw Failure(.unarmed, "\(sentence); say --yes if you mean it") }
  printError("\(printable(sentence)). Go on? [y/N]")
  guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
    throw Failure(.unarmed, "\(subject): not confirmed, nothing was done")
  }
}
