import Inspector
import Migration
import VFIO

/// A journal that prints every access as it is made, when the user wants to see them.
func journal(tracing: Bool) -> Journal {
  guard tracing else { return Journal() }
  let start = ContinuousClock.now
  return Journal(onEntry: { entry in
    guard case .access(let access, _) = entry else { return }
    printError(printable(access.line(since: start)))
  })
}
