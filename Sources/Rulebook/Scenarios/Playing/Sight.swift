import Migration
import VFIO

/// How a device is seen when something is expected of it: each value is read when it is asked for.
struct Sight {
  private let session: MigrationSession
  private let memory: ScenarioMemory
  /// What was done, when something was.
  private let deed: Deed

  init(_ session: MigrationSession, _ memory: ScenarioMemory, _ deed: Deed = Deed()) {
    (self.session, self.memory, self.deed) = (session, memory, deed)
  }

  /// Why it is not as expected, such as `expected pending_bytes = 0, seen 4096`; nil when it is.
  func mismatch(with expected: Expectation) -> String? { judge(expected).mismatch }

  /// The same, and the values that were read for it, such as `pending_bytes 4096`: each was read once.
  func judge(_ expected: Expectation) -> (mismatch: String?, seen: [String]) {
    let values = expected.values.map { ($0, value(of: $0.field)) }
    let unmet =
      [ending(expected), got(expected), state(expected)].compactMap { $0 } + values.compactMap(mismatch)
    // What was moved is told with the step itself.
    let fields = values.filter { !["bytes", "chunks"].contains($0.0.field) }
    return (
      unmet.isEmpty ? nil : unmet.joined(separator: "; "), fields.map { "\($0.0.field) \($0.1.words)" }
    )
  }

  private func ending(_ expected: Expectation) -> String? {
    let ways = expected.errors.isEmpty ? [.none] : expected.errors
    let isMet = ways.contains { way in
      switch way {
      case .none: deed.failure == nil
      case .any: deed.failure != nil
      case .errno(let errno): deed.failure?.errno == errno
      }
    }
    guard !isMet else { return nil }
    return
      "expected \(Expectation.oneOf(ways.map(\.description))), seen \(deed.failure.map(\.description) ?? "success")"
  }

  private func got(_ expected: Expectation) -> String? {
    // Data that did not come because of an error is told by the error.
    guard !expected.got.isEmpty, deed.failure == nil || deed.got != nil else { return nil }
    if let got = deed.got, expected.got.contains(got) { return nil }
    return "expected \(Expectation.oneOf(expected.got.map(\.words))), seen \(deed.got?.words ?? "none of it")"
  }

  private func state(_ expected: Expectation) -> String? {
    guard !expected.states.isEmpty else { return nil }
    let now = session.stateAtAGlance
    let protocolStates = session.interface.protocol.states
    let isMet = expected.states.contains { name in
      protocolStates.first { $0.name == name }.flatMap { now?.isSame(as: $0) } == true
    }
    guard !isMet else { return nil }
    return "expected state \(Expectation.oneOf(expected.states)), seen \(now?.name ?? "none: it can't be read")"
  }

  private func mismatch(_ comparison: Expectation.Comparison, _ seen: Value) -> String? {
    guard case .known(let value) = seen else { return "expected \(comparison), seen \(seen.words)" }
    let operand: UInt64
    var hint = ""
    switch comparison.operand {
    case .number(let number): operand = number
    case .remembered(let name):
      operand = memory.values[name] ?? 0
      hint = " (\(name) was \(operand))"
    }
    return comparison.relation.holds(value, operand) ? nil : "expected \(comparison)\(hint), seen \(value)"
  }

  /// A value, or why there is none.
  enum Value: Equatable {
    case known(UInt64)
    case unknown(String)

    var words: String {
      switch self {
      case .known(let value): "\(value)"
      case .unknown(let why): why
      }
    }
  }

  /// Reads a field. `pending_bytes` of v1 is read even when that acknowledges a chunk: the scenario says so.
  func value(of field: String) -> Value {
    switch field {
    case "bytes": return .known(UInt64(deed.bytes))
    case "chunks": return .known(UInt64(deed.chunks))
    default: break
    }
    guard let state = session.stateAtAGlance else { return .unknown("nothing: the state can't be read") }
    if field == "pending_bytes", state.isSaving, let interface = session.interface as? V1Interface {
      do throws(DeviceError) {
        return .known(try interface.acknowledgeChunk())
      } catch {
        return .unknown(error.reason.description)
      }
    }
    guard let found = session.interface.fields(in: state).first(where: { $0.name == field }) else {
      return .unknown("no such field of this device")
    }
    return found.value.map(Value.known) ?? .unknown(found.liveness.why)
  }
}

extension Field.Liveness {
  /// Why there is no value.
  fileprivate var why: String {
    switch self {
    case .live, .lastSeen: "nothing"
    case .notRead: "nothing: it has not been read yet"
    case .needsDataFD: "nothing: the data fd is not ours"
    case .notDefined: "nothing: it has no meaning in this state"
    case .failed(let reason): "\(reason)"
    }
  }
}
