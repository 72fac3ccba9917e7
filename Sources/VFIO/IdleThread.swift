import CVFIO

/// Runs `body` on a thread of its own that only gets the time nobody else wants: for work that nobody waits for. The
/// thread ends with it.
///
/// A thread of the system's pool would stay so slow for whoever gets it next.
///
/// - Returns: false when there can be no such thread.
public func runWhenIdle(_ body: @escaping @Sendable () -> Void) -> Bool {
  let work = Unmanaged.passRetained(Work(body))
  let result = cv_run_idle(
    { context in context.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().body() } },
    work.toOpaque())
  if result != 0 { work.release() }
  return result == 0
}

private final class Work: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
  }
}
