import VFIO

/// Why a device's data could not be moved to its end.
public enum TransferFault: Error, Sendable, Equatable {
  /// A device refused an access in the middle of its data.
  case device(DeviceError)
  /// A device refused a state, or went to another one.
  case step(StepResult)
  /// A device said that its data lies where it can't be.
  case window(String)
  /// The stream can't be written or read.
  case stream(StreamFault)
  /// A bound was reached before the data ended; the text says which.
  case bound(String)
  /// The user gave up.
  case cancelled
  /// All data was moved, but a device is not where it should be then; the text says which and why.
  case stranded(String)
}

extension TransferFault: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .device(let error): "\(error)"
    case .step(let result): result.whyNot
    case .window(let why): why
    case .stream(let fault): "\(fault)"
    case .bound(let which): which
    case .cancelled: "interrupted"
    case .stranded(let why): why
    }
  }
}

extension TransferFault {
  /// What it means, in a sentence or two, when more can be said than the fault says itself.
  public var meaning: String? {
    switch self {
    case .step(let result): result.meaning.isEmpty ? nil : result.meaning.joined(separator: " ")
    case .device(let error):
      error.operation.givesData && error.errno == .EINVAL
        ? "A device refuses data that is not for it: of another kind, another size or another version." : nil
    case .window, .stream, .bound, .cancelled, .stranded: nil
    }
  }
}

extension Operation {
  /// Whether it gives a device data, by its data fd or its window.
  fileprivate var givesData: Bool {
    switch self {
    case .streamWrite, .write: true
    default: false
    }
  }
}

extension StepResult {
  /// Why this step is no success, in one line.
  public var whyNot: String {
    if let withheld {
      return "\(requested.name) was not asked for: \(withheld)" + (failure.map { ": \($0)" } ?? "")
    }
    if let failure { return "\(requested.name) was refused: \(failure)" }
    guard let reached else { return "\(requested.name) was asked for, but the state can't be read back" }
    return "\(requested.name) was asked for and the device reported success, but the state read back is \(reached.name)"
  }
}

/// Makes a call again when a signal has interrupted it, but not for ever. Only for the data itself and for registers that
/// give the same when they are read once more: a change that is repeated would be another one.
func uninterrupted<R>(_ call: () throws(DeviceError) -> R) throws(DeviceError) -> R {
  for _ in 0..<100 {
    do throws(DeviceError) {
      return try call()
    } catch {
      guard let errno = error.errno, errno == .EINTR else { throw error }
    }
  }
  return try call()
}

/// Makes a call of a device and gives its error the transfer's type.
func onDevice<R>(_ call: () throws(DeviceError) -> R) throws(TransferFault) -> R {
  do throws(DeviceError) {
    return try call()
  } catch {
    throw .device(error)
  }
}
