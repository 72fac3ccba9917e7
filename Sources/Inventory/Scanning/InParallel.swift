import Dispatch
import Glibc
import Synchronization

/// Runs `body` on parts of `items` at the same time, and answers its results in the order of the parts.
///
/// Reading sysfs is nearly all kernel time that scales with the processors. Few items are done at once, on this thread.
func inParallel<Item: Sendable, Result: Sendable>(
  _ items: [Item], atLeast smallest: Int = 256, _ body: @Sendable (ArraySlice<Item>) -> Result
) -> [Result] {
  if items.isEmpty { return [] }
  // Beyond four the kernel's own locks leave little to win.
  let processors = min(4, max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))))
  let count = max(1, min(processors, items.count / smallest))
  guard count > 1 else { return [body(items[...])] }
  let results = Mutex<[Int: Result]>([:])
  DispatchQueue.concurrentPerform(iterations: count) { part in
    let result = body(items[items.count * part / count..<items.count * (part + 1) / count])
    results.withLock { $0[part] = result }
  }
  return results.withLock { results in results.sorted { $0.key < $1.key }.map(\.value) }
}
