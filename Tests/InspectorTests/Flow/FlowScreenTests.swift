import Testing
import VFIO

@testable import Inspector
@testable import Migration
@testable import Terminal

/// Whole screens of a flow, with figures that are given to it.
@Suite struct WholeScreenFlowTests {
  private let source = DeviceReference.simulated("v2-reference,flags=7,size=64M,dirty=1M,rate=6M")
  private let destination = DeviceReference.simulated("v2-reference,size=64M,seed=2")

  private func program(
    height: Int = 24, width: Int = 80, glyphs: Glyphs = .utf8
  ) -> (screen: Screen, flow: Flow) {
    let screen = Screen(height: height, width: width, glyphs: glyphs)
    let store = screen.app.store
    for reference in [source, destination] {
      store.open(reference)
      store.perform(.arm, on: reference)
    }
    let flow = Flow(
      .migrate(source, to: destination), TransferOptions(),
      clock: { [journal = store.journal(of: source)] in journal?.now ?? .now })
    screen.app.show(FlowView(flow))
    return (screen, flow)
  }

  /// 10 s in which the initial data goes and dirty pages come.
  private func feed(_ flow: Flow, seconds: Int = 10, dirtyRate: Double = 0.4, _ verdict: Convergence.Verdict) {
    for tenth in 1...(seconds * 10) {
      let time = Double(tenth) / 10
      let moved = 6e6 * time
      flow.note(
        .at(
          time, .preCopy, bytes: UInt64(moved), rate: 6e6, initial: UInt64(max(0, 64e6 - moved)),
          dirty: UInt64(dirtyRate * moved), verdict: verdict, downtime: .milliseconds(1250)))
    }
  }

  private func report(_ phases: [(String, UInt64, UInt64, Duration)], _ states: [V2State]) -> TransferReport {
    var report = TransferReport()
    report.phases = phases.map { name, bytes, chunks, duration in
      var phase = TransferReport.Phase(state: name)
      (phase.bytes, phase.chunks, phase.duration) = (bytes, chunks, duration)
      return phase
    }
    report.states = zip(["source", "destination"], states).map { TransferReport.FinalState(role: $0, state: .v2($1)) }
    return report
  }

  @Test func beforeThereAreFiguresTheDevicesArePrepared() throws {
    try program().screen.expect("flow-begun")
  }

  @Test(arguments: [(24, 80, "flow-converging"), (36, 120, "flow-converging-large"), (16, 60, "flow-converging-small")])
  func aConvergingMigrationTellsWhenTheTargetIsMet(height: Int, width: Int, name: String) throws {
    let (screen, flow) = program(height: height, width: width)
    feed(flow, .converging(in: .seconds(4)))
    try screen.expect(name)
  }

  @Test func oneThatDoesNotConvergeIsCalledSo() throws {
    let (screen, flow) = program()
    feed(flow, dirtyRate: 1.5, .notConverging)
    try screen.expect("flow-not-converging")
    screen.type("p")
    try screen.expect("flow-not-converging-block")
  }

  @Test func asciiIsEnoughForAPlot() throws {
    let (screen, flow) = program(glyphs: .ascii)
    feed(flow, dirtyRate: 1.5, .notConverging)
    try screen.expect("flow-not-converging-ascii")
    #expect(!screen.text.unicodeScalars.contains { !$0.isASCII })
  }

  @Test func aNewBeginningIsMarked() throws {
    let (screen, flow) = program()
    feed(flow, seconds: 5, .unknown)
    flow.note(.at(5.1, .preCopy, bytes: 30_100_000, rate: 6e6, initial: 60_000_000, dirty: 0, reinits: 1))
    flow.note(.at(8, .preCopy, bytes: 48_000_000, rate: 6e6, initial: 42_000_000, dirty: 0, reinits: 1))
    try screen.expect("flow-reinit")
  }

  @Test func oneThatBeginsAnewAgainAndAgainIsCalledSo() throws {
    let (screen, flow) = program()
    flow.note(.at(3, .preCopy, bytes: 18_000_000, rate: 6e6, initial: 46_000_000, dirty: 0, reinits: 1))
    #expect(!screen.text.contains("keeps beginning anew"))
    flow.note(.at(9, .preCopy, bytes: 54_000_000, rate: 6e6, initial: 60_000_000, dirty: 0, reinits: 3))
    #expect(screen.text.contains("Pre-copy: not known yet; the device keeps beginning anew (REINIT), 3 times so"))
  }

  @Test(arguments: [(80, "flow-stop-copy-estimate"), (60, "flow-stop-copy-estimate-narrow")])
  func theLegendOfManyFiguresIsWhole(width: Int, name: String) throws {
    let (screen, flow) = program(width: width)
    for second in 1...8 {
      let left = UInt64(64 - 6 * second) << 20
      flow.note(
        .at(
          Double(second), .preCopy, bytes: UInt64(second) * 6 << 20, rate: 159e6, initial: left,
          dirty: UInt64(second) << 20, stopCopy: left + UInt64(second) << 20, verdict: .targetMet))
    }
    try screen.expect(name)
    #expect(screen.text.contains("r rate 151.6 MiB/s of 160.0 MiB/s"))
  }

  @Test func aShortOneShowsWhatItsPhasesHaveMoved() throws {
    let (screen, flow) = program()
    var report = report(
      [("pre-copy", 8_388_608, 9, .milliseconds(20)), ("stop-copy", 32, 1, .milliseconds(1))], [.stop, .running])
    (report.downtime, report.preCopyEnd) = (.milliseconds(1), .target)
    // The only figures came when all was over but for 32 bytes.
    flow.note(.at(0.021, .stopCopy, bytes: 8_388_608, rate: 400e6, stopCopy: 32))
    flow.end(.report(report))
    try screen.expect("flow-short")
    #expect(screen.text.contains("10.0 MiB ┤") && screen.text.contains(" 5.0 MiB ┤"))
  }

  @Test(arguments: [(24, 80, "flow-done"), (16, 60, "flow-done-small")])
  func theEndIsStatedPlainly(height: Int, width: Int, name: String) throws {
    let (screen, flow) = program(height: height, width: width)
    feed(flow, .targetMet)
    flow.note(.at(11, .stopCopy, bytes: 62_000_000, rate: 6e6))
    for (reference, state) in [(source, V2State.stop), (destination, .running)] {
      screen.app.store.perform(.step(.state(.v2(state))), on: reference)
    }
    var report = report(
      [("pre-copy", 60_000_000, 58, .seconds(10.2)), ("stop-copy", 2_000_000, 2, .milliseconds(243.9))],
      [.stop, .running])
    (report.downtime, report.preCopyEnd) = (.milliseconds(245.2), .target)
    flow.end(.report(report))
    try screen.expect(name)
  }

  @Test func aFailureSaysWhatWentWrongAndWhereTheDevicesAre() throws {
    let (screen, flow) = program()
    feed(flow, .targetMet)
    screen.app.store.perform(.step(.reset), on: destination)
    var report = report([("pre-copy", 60_000_000, 58, .seconds(10.2))], [.running, .running])
    report.states[1].undoing = StepResult(
      requested: .reset, from: .v2(.resuming), plan: nil, failure: nil, reached: .v2(.running), duration: .zero)
    report.fault = .step(
      StepResult(
        requested: .state(.v2(.stopCopy)), from: .v2(.preCopy), plan: nil, failure: .refused(.EIO),
        reached: .v2(.error), duration: .zero))
    flow.end(.report(report))
    try screen.expect("flow-failed")
  }

  @Test func whatWasRefusedBeforeTheDevicesWereAskedSaysSo() throws {
    let (screen, flow) = program()
    flow.end(.refused("file.stream: is there already"))
    #expect(screen.text.contains("✗ Nothing was done: file.stream: is there already"))
    #expect(screen.text.contains("It was over before there were figures to plot."))
  }

  @Test func aFileThatWasRefusedIsNotSaidToBeMissing() {
    let screen = Screen()
    screen.app.store.open(source)
    let flow = Flow(.save(source, path: "file"), TransferOptions())
    screen.app.show(FlowView(flow))
    flow.end(.refused("file: is there already"))
    #expect(screen.text.contains("was not written"))
    #expect(!screen.text.contains("there is none"))
  }

  @Test func aDeviceThatIsDoneDoesNotWaitForTheDigest() throws {
    let (screen, flow) = program()
    flow.note(.at(1, .stopCopy, bytes: 1))
    #expect(screen.text.contains("stop-copy  STOP_COPY"))
    flow.note(left: .v2(.running))
    #expect(screen.text.contains("The device goes on. The file is being completed."))
    #expect(screen.text.contains("running  RUNNING") && !screen.text.contains("stop-copy  STOP_COPY"))
    flow.note(digestLeft: 500 << 20)
    #expect(screen.text.contains("The device goes on. The SHA-256 of its data is being made: 500.0 MiB left."))
    // It comes for each bit of the file; only some are drawn.
    flow.note(digestLeft: 499 << 20)
    #expect(screen.text.contains("500.0 MiB left"))
    flow.note(digestLeft: 440 << 20)
    #expect(screen.text.contains("440.0 MiB left"))
    flow.cancel()
    #expect(screen.text.contains("Giving up …"))
  }

  @Test func aFlowWithoutNewsSaysForHowLong() throws {
    let (screen, flow) = program()
    flow.note(.at(1, .preCopy, bytes: 1))
    #expect(!screen.text.contains("No answer"))
    let late = Screen(later: .seconds(7))
    let store = late.app.store
    store.open(source)
    let silent = Flow(
      .save(source, path: "file"), TransferOptions(),
      clock: { [journal = store.journal(of: source)] in journal?.now ?? .now })
    late.app.show(FlowView(silent))
    #expect(late.text.contains("No answer for 7 s."))
    silent.note(.at(1, .preCopy, bytes: 1))
    #expect(late.text.contains("No answer for 7 s. x asks it to end"))
    silent.cancel()
    #expect(late.text.contains("Giving up …"))
  }
}
