import Testing

@testable import Migration

/// What is concluded from a transfer's figures.
@Suite struct TransferReportTests {
  private func report(said: UInt64, came: UInt64) -> TransferReport {
    var report = TransferReport()
    report.phases = [TransferReport.Phase(state: "pre-copy"), TransferReport.Phase(state: "stop-copy")]
    var left = Estimate()
    left.pending = said
    report.phases[0].left = left
    report.phases[1].bytes = came
    return report
  }

  /// Any number may be said: with all bits set the device does not know, or is gone.
  @Test(
    arguments: [
      (100, 110, false), (100, 111, true), (0, 1, true), (0, 0, false), (.max, 1, false), (.max - 1, .max, false),
    ] as [(UInt64, UInt64, Bool)])
  func moreThanADeviceSaidIsATenthMore(said: UInt64, came: UInt64, isMore: Bool) {
    #expect(report(said: said, came: came).isMoreThanSaid == isMore)
  }

  @Test func nothingSaidIsNothingExceeded() {
    #expect(!TransferReport().isMoreThanSaid)
  }
}
