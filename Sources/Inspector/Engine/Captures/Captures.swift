/// The captures that views show, by their files.
final class Captures {
  private var handles: [[String]: CaptureHandle] = [:]
  private let execution: Execution
  private let onChange: @Sendable () -> Void

  /// None yet. `onChange` is called, on any thread, when there is more to see of one.
  init(execution: Execution = .queue, onChange: @escaping @Sendable () -> Void = {}) {
    self.execution = execution
    self.onChange = onChange
  }

  /// The capture of this file, or of these two; it is opened when it is first asked for.
  subscript(paths: [String]) -> CaptureHandle {
    if let handle = handles[paths] { return handle }
    let handle = CaptureHandle(paths, execution: execution, onChange: onChange)
    handles[paths] = handle
    return handle
  }

  /// Lets go of it.
  func close(_ paths: [String]) { handles[paths] = nil }
}
