import VFIO

@testable import Migration

extension TransferProgress {
  /// The figures of a v2 device after so many seconds.
  static func at(
    _ seconds: Double, _ state: V2State, bytes: UInt64, inPhase: UInt64? = nil, rate: Double = 0,
    initial: UInt64? = nil, dirty: UInt64? = nil,
    stopCopy: UInt64? = nil,
    reinits: Int = 0, verdict: Convergence.Verdict = .unknown, downtime: Duration? = nil
  ) -> TransferProgress {
    var estimate = Estimate()
    (estimate.initial, estimate.dirty, estimate.stopCopy) = (initial, dirty, stopCopy)
    return TransferProgress(
      state: .v2(state), bytes: bytes, phaseBytes: inPhase ?? bytes, elapsed: .seconds(seconds), rate: rate,
      estimate: estimate,
      verdict: verdict,
      estimatedDowntime: downtime, reinits: reinits)
  }
}
