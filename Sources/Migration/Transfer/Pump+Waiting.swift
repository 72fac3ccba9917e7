import Synchronization
import VFIO

extension Pump {
  /// Ends the wait for a pipe where the transfer ends: at a bound, or when the user has given up. So it goes on when the
  /// devices have been left, for the end of the stream.
  func watch(_ wait: StreamWait?) {
    wait?.ask { [self] standstill in whyNoLonger(standstill) }
  }

  /// Why a pipe is not waited for any longer; nil when it is.
  private func whyNoLonger(_ standstill: StreamWait.Standstill) -> String? {
    if let fault = bound(standstill) {
      // Before the thread that moves the data has a fault of the stream.
      fail(fault)
      return "\(fault)"
    }
    if hasFailed.load(ordering: .relaxed) { return "the transfer has failed" }
    if standstill.time >= .seconds(1) { observer.waiting(standstill) }
    return nil
  }

  private func bound(_ standstill: StreamWait.Standstill) -> TransferFault? {
    if observer.isCancelled() { return .cancelled }
    if now > deadline { return .bound("no end after \(limits.time) (--max-time)") }
    guard standstill.isWriting, standstill.time > limits.fullPipe, isStopped else { return nil }
    return .bound("\(standstill.name) took nothing for \(limits.fullPipe) while the device was stopped (--timeout)")
  }
}
