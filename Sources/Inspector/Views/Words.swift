import Migration
import VFIO

/// How values are written, the same in every view.

/// `1 234 567`: digits in groups of three.
func grouped(_ value: UInt64) -> String {
  var digits = Array(String(value))
  for index in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(" ", at: index) }
  return String(digits)
}

/// `12 s`, `3 min`: whole units, for ages and waits.
func seconds(_ duration: Duration) -> String {
  let seconds = duration.components.seconds
  return seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min"
}

/// `3.4 MiB`: for people, so rounded.
public func size(_ bytes: Double) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  var (value, unit) = (bytes, 0)
  while value >= 1024 && unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
  return unit == 0 ? "\(Int(value)) bytes" : "\((value * 10).rounded() / 10) \(units[unit])"
}

/// `3.4 ms`, `12.3 s`: how long something took.
func took(_ duration: Duration) -> String {
  let (unit, name) = duration < .seconds(1) ? (Duration.milliseconds(1), "ms") : (.seconds(1), "s")
  let value = duration / unit
  return value >= 100 || value == 0 ? "\(Int(value.rounded())) \(name)" : "\((value * 10).rounded() / 10) \(name)"
}

extension Field.Liveness {
  /// One word for it, as the commands print it.
  public var word: String {
    switch self {
    case .live: "live"
    case .lastSeen: "last seen"
    case .notRead: "not read"
    case .notDefined: "not defined"
    case .needsDataFD: "needs the data fd"
    case .failed: "failed"
    }
  }

  /// The errno of a failed reading.
  public var errno: String? { failure?.errno?.name }

  /// Why a reading failed.
  public var failure: DeviceError.Reason? {
    if case .failed(let reason) = self { reason } else { nil }
  }

  /// The word with what goes with it at this moment.
  func word(at now: ContinuousClock.Instant) -> String {
    switch self {
    case .lastSeen(let time): "last seen \(seconds(time.duration(to: now))) ago"
    case .notRead: "not read: reading it has effects"
    case .notDefined: "not defined in this state"
    case .needsDataFD: "known only by the data fd, which somebody else opened"
    case .failed(let reason): "\(reason)"
    case .live: "live"
    }
  }
}

extension StepPlan.Standing {
  /// One word for it, as the commands print it.
  public var word: String {
    switch self {
    case .allowed: "allowed"
    case .optional: "optional"
    case .refused: "refused"
    }
  }

  /// Why it is refused.
  public var why: String? {
    if case .refused(let why) = self { why } else { nil }
  }
}

extension StepResult {
  /// The result on one line: what was asked, the path, what came back, where the device is, how long it took.
  public var line: String {
    let way = path.map(\.name).joined(separator: " → ")
    return "\(requested.name): \(way): \(outcome), now \(reached?.name ?? "unknown"), \(duration.inMicroseconds) µs"
  }
}
