import Glibc

/// Runs of a round take turns, so that what else the machine does slows all of them alike; the best of each counts.
func bestOfEach(_ rounds: Int, _ runs: [() throws -> [Duration]]) throws -> [[Duration]] {
  var best = try runs.map { try $0() }
  for _ in 1..<max(1, rounds) {
    for (index, run) in runs.enumerated() { best[index] = zip(best[index], try run()).map(min) }
  }
  return best
}

/// MiB a second.
func rate(_ bytes: Int, in time: Duration) -> Double { Double(bytes) / Double(1 << 20) / (time / .seconds(1)) }

func right(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }

/// A line: a name, then columns.
func line(_ name: String, _ columns: [String], bar: String = "") -> String {
  name + right("", 18 - name.count) + columns.map { right($0, 10) }.joined() + (bar.isEmpty ? "" : "  " + bar)
}

func whole(_ number: Double) -> String { String(Int(number.rounded())) }
/// Two digits behind the point.
func ratio(_ number: Double) -> String {
  let hundredths = Int((number * 100).rounded())
  return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
}

/// `4 KiB`, `16 MiB`.
func name(ofSize bytes: Int) -> String { bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB" }

/// Three rates in one bar: `█` up to the first, `▓` up to the second, `░` up to the third.
func bar(_ rates: [Double], of most: Double, width: Int = 40) -> String {
  var text = ""
  for (rate, mark) in zip(rates, "█▓░") {
    let end = Int((rate / most * Double(width)).rounded())
    text += String(repeating: mark, count: max(0, end - text.count))
  }
  return text
}

/// The most memory the process has had so far, MiB.
func peakMemory() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}
