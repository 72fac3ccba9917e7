import VFIO

/// What a device answered to a call that a check made: a value, or why not.
enum Answer<Value: Sendable>: Sendable {
  case value(Value)
  case refused(DeviceError.Reason)

  /// Makes a call.
  init(_ call: () throws(DeviceError) -> Value) {
    do throws(DeviceError) {
      self = .value(try call())
    } catch {
      self = .refused(error.reason)
    }
  }

  /// The value, when there is one.
  var value: Value? {
    switch self {
    case .value(let value): value
    case .refused: nil
    }
  }

  /// Why there is none.
  var refusal: DeviceError.Reason? {
    switch self {
    case .value: nil
    case .refused(let reason): reason
    }
  }

  /// The number that came back instead.
  var errno: Errno? { refusal?.errno }

  /// Whether there is a value.
  var isDone: Bool { refusal == nil }
}

extension Answer: CustomStringConvertible {
  /// The value, or the refusal.
  var description: String {
    switch self {
    case .value(let value): value is Void ? "done" : "\(value)"
    case .refused(let reason): "\(reason)"
    }
  }
}
