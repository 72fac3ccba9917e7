import Dispatch

/// Does two things at the same time, on a second thread where a processor is free. They must not touch the same
/// memory, which the compiler does not see.
func beside(_ one: () -> Void, _ other: () -> Void) {
  withoutActuallyEscaping(one) { one in
    withoutActuallyEscaping(other) { other in
      nonisolated(unsafe) let work = [one, other]
      DispatchQueue.concurrentPerform(iterations: work.count) { work[$0]() }
    }
  }
}
