import Dispatch

/// Does this for all numbers below `count` at the same time, each on a thread of its own, and waits for all of them: one
/// that waits for its device does not keep the others. They must not touch the same memory, which the compiler does not
/// see.
func together(_ count: Int, _ body: (Int) -> Void) {
  // The usual case needs no thread.
  if count == 1 { return body(0) }
  withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let body = body
    let group = DispatchGroup()
    for index in 0..<count {
      // A queue of its own each: a common one has no more threads than there are processors.
      DispatchQueue(label: "pair \(index)").async(group: group) { body(index) }
    }
    group.wait()
  }
}
