import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Migration

/// Devices that take each other's place.
@Suite struct MigrateTests {
  @Test(arguments: [
    "v1-reference,size=1M", "v2-reference,size=1M", "v2-reference,size=1M,flags=1", "v2-reference,size=1M,flags=5",
  ]) func theDestinationRunsAndTheSourceIsStopped(profile: String) throws {
    let source = try SimulatedSession("\(profile),seed=1,dirty=32K")
    let destination = try SimulatedSession("\(profile),seed=2,dirty=0")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault == nil)
    #expect(source.state == "stop")
    #expect(destination.state == "running")
    #expect(report.states.map(\.state?.name) == ["stop", "running"])
    #expect(try destination.memory() == source.memory())
    #expect(report.downtime.map { $0 > .zero } == true)
  }

  /// The same as that of a save of the source, which is stopped by then.
  @Test(arguments: ["v1-reference,size=300K", "v2-reference,size=300K"])
  func whatWasMovedHasADigest(profile: String) throws {
    let sessions = try (1...4).map { try SimulatedSession("\(profile),dirty=0,seed=\($0)") }
    var options = TransferOptions()
    options.preCopy = false
    let pairs = [(sessions[0].session, sessions[1].session), (sessions[2].session, sessions[3].session)]
    let report = MigrateOperation(pairs, options: options).run()
    #expect(report.fault == nil)
    let again = try [0, 2].map { index in
      let writer = RawStreamWriter(MemorySink())
      _ = SaveOperation(sessions[index].session, to: writer, options: options).run()
      return try writer.finish(finalState: nil).sha256
    }
    #expect(report.digests == again)
    #expect(Set(again).count == 2)
    options.digest = false
    #expect(MigrateOperation([(sessions[1].session, sessions[0].session)], options: options).run().digests == [])
  }

  @Test func severalPairsPassThePeerToPeerStatesTogether() throws {
    let sessions = try (1...4).map { try SimulatedSession("v2-reference,size=64K,dirty=0,seed=\($0)") }
    let report = MigrateOperation([
      (sessions[0].session, sessions[1].session), (sessions[2].session, sessions[3].session),
    ]).run()
    #expect(report.fault == nil)
    #expect(sessions.map(\.state) == ["stop", "running", "stop", "running"])
    for index in [0, 2] {
      let asked = requests(sessions[index])
      #expect(asked == ["pre-copy", "pre-copy-p2p", "stop-copy", "stop"])
      #expect(requests(sessions[index + 1]) == ["resuming", "running-p2p", "running"])
      #expect(try sessions[index].memory() == sessions[index + 1].memory())
    }
  }

  @Test(arguments: ["v1-reference", "v2-reference"])
  func pairsAreStoppedAndLoadedAtTheSameTime(profile: String) throws {
    let (stops, starts) = (Meeting(of: 3), Meeting(of: 3))
    let sources = try (1...3).map { seed in
      try SimulatedSession("\(profile),size=64K,dirty=0,seed=\(seed)") {
        if $0.isStep(to: "stop-copy") { stops.arrive() }
      }
    }
    let destinations = try (4...6).map { seed in
      try SimulatedSession("\(profile),size=64K,dirty=0,seed=\(seed)") {
        if $0.isStep(to: "running") { starts.arrive() }
      }
    }
    let report = MigrateOperation(zip(sources, destinations).map { ($0.session, $1.session) }).run()
    #expect(report.fault == nil)
    // One after the other, the first would have waited for the second in vain.
    #expect(stops.tookPlace && starts.tookPlace)
    #expect(report.phases.map(\.state) == ["pre-copy", "stop-copy"])
    for (source, destination) in zip(sources, destinations) {
      #expect(try source.memory() == destination.memory())
      #expect([source.state, destination.state] == ["stop", "running"])
    }
  }

  @Test func whenOnePairFailsTheOthersEndToo() throws {
    let failed = Meeting(of: 2)
    var options = TransferOptions()
    options.preCopy = false
    let long = try SimulatedSession("v2-reference,size=64M,dirty=0") {
      if $0.isStep(to: "stop-copy") { failed.arrive() }
    }
    let bad = try SimulatedSession("v2-reference,size=64K,dirty=0,fail=stop-copy:EIO") {
      if $0.isStep(to: "stop-copy") { failed.arrive() }
    }
    let others = try [64 << 20, 64 << 10].map { try SimulatedSession("v2-reference,size=\($0),dirty=0,seed=9") }
    let report = MigrateOperation(
      [(long.session, others[0].session), (bad.session, others[1].session)], options: options
    ).run()
    // The reason is that of the pair that failed, not that the other one was ended.
    #expect(report.fault?.description == "stop-copy was refused: EIO (Input/output error)")
    #expect(report.bytes < 64 << 20)
    #expect([long.state, bad.state] == ["running", "running"])
    for other in others { #expect(requests(other).last == "reset") }
  }

  @Test func aDestinationThatRefusesCostsTheSourceNothing() throws {
    let source = try SimulatedSession("v2-reference,size=64K")
    let destination = try SimulatedSession("v2-reference,size=64K,fail=resuming:EBUSY")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault != nil)
    #expect(requests(source).isEmpty)
    #expect(source.state == "running")
  }

  @Test func aSourceThatFailsHalfWayLeavesTheDestinationReset() throws {
    let source = try SimulatedSession("v2-reference,size=64K,fail=stop-copy:EIO")
    let destination = try SimulatedSession("v2-reference,size=64K,seed=7,dirty=0")
    let before = try destination.memory()
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault != nil)
    #expect(source.state == "running")
    #expect(requests(destination).last == "reset")
    #expect(try destination.memory() == before)
  }

  @Test func aDestinationThatDoesNotRunGivesTheSourceBack() throws {
    let source = try SimulatedSession("v1-reference,size=64K,dirty=0")
    let destination = try SimulatedSession("v1-reference,size=128K,dirty=0")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault != nil)
    #expect(source.state == "running")
    #expect(requests(destination).contains("reset"))
  }

  @Test func aSourceThatDoesNotStopAfterwardsHasMovedAllTheSame() throws {
    let source = try SimulatedSession("v1-reference,size=64K,dirty=0,fail=stop:EIO")
    let destination = try SimulatedSession("v1-reference,size=64K,dirty=0,seed=2")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(
      report.fault == .stranded("stop was refused: EIO (Input/output error); it must not run beside its destination"))
    #expect(report.isWhole)
    #expect([source.state, destination.state] == ["stop-copy", "running"])
    #expect(try source.memory() == destination.memory())
    #expect(report.digests.count == 1)
    #expect(report.downtime != nil)
  }

  @Test func devicesOfDifferentProtocolsAreRefusedUntouched() throws {
    let source = try SimulatedSession("v1-reference")
    let destination = try SimulatedSession("v2-reference")
    let report = MigrateOperation([(source.session, destination.session)]).run()
    #expect(report.fault == .window("the two devices speak different protocols"))
    #expect(requests(destination).isEmpty)
  }

  @Test func oneOfTwoDestinationsThatFailsTakesTheOtherBack() throws {
    let sources = try (1...2).map { try SimulatedSession("v2-reference,size=64K,dirty=0,seed=\($0)") }
    let good = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=3")
    let bad = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=4,fail=running:EIO")
    let report = MigrateOperation([(sources[0].session, good.session), (sources[1].session, bad.session)]).run()
    #expect(report.fault != nil)
    #expect(sources.map(\.state) == ["running", "running"])
    #expect(requests(good).last == "reset")
  }

  /// A device that answers after all finds that it was given up: nothing is run, and no source is stopped for it.
  @Test(arguments: ["stop-copy", "running"]) func whatAnswersAfterTheRescueGoesOnWithNothing(state: String) throws {
    let isSource = state == "stop-copy"
    let profile = "v2-reference,size=64K,dirty=0,flags=1"
    let source = try SimulatedSession("\(profile),seed=1\(isSource ? ",fault=hang:\(state)" : "")")
    let target = try SimulatedSession("\(profile),seed=2\(isSource ? "" : ",fault=hang:\(state)")")
    let before = try target.memory()
    let isCancelled = Atomic(false)
    let observer = TransferObserver(isCancelled: { isCancelled.load(ordering: .relaxed) })
    nonisolated(unsafe) let operation = MigrateOperation([(source.session, target.session)], observer: observer)
    let report = Mutex<TransferReport?>(nil)
    let isOver = DispatchSemaphore(value: 0)
    DispatchQueue(label: "migration").async {
      let ended = operation.run()
      report.withLock { $0 = ended }
      isOver.signal()
    }
    let journal = (isSource ? source : target).session.journal
    let deadline = ContinuousClock.now + .seconds(20)
    while journal.open?.step?.name != state, ContinuousClock.now < deadline { usleep(1000) }
    isCancelled.store(true, ordering: .relaxed)
    #expect(operation.rescue(allBut: [isSource ? 0 : 1]) == [isSource ? 0 : 1])
    let hanging = isSource ? source : target
    #expect(hanging.faults.off("hang:\(state)"))
    #expect(isOver.wait(timeout: .now() + 20) == .success)
    #expect(report.withLock { $0 }?.fault == .cancelled)
    #expect(source.state == "stop-copy")
    #expect(!requests(source).contains("stop"))
    if isSource {
      #expect(requests(target) == ["resuming", "reset"])
      #expect(try target.memory() == before)
    }
  }

  /// Two threads must not use the same device.
  @Test func aPairInTheMiddleOfItsDataIsWaitedForByTheRescue() throws {
    let (hasData, isOver) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let isCancelled = Atomic(false)
    let profile = "v2-reference,size=64M,dirty=0,flags=1"
    let hanging = try SimulatedSession("\(profile),fault=hang:stop-copy")
    let source = try SimulatedSession("\(profile),access-latency=20ms")
    let other = try SimulatedSession("\(profile),seed=3")
    let target = try SimulatedSession("\(profile),seed=4") { if $0.isWrite { hasData.signal() } }
    let observer = TransferObserver(isCancelled: { isCancelled.load(ordering: .relaxed) })
    nonisolated(unsafe) let operation = MigrateOperation(
      [(hanging.session, other.session), (source.session, target.session)], observer: observer)
    DispatchQueue(label: "migration").async {
      _ = operation.run()
      isOver.signal()
    }
    #expect(hasData.wait(timeout: .now() + 20) == .success)
    isCancelled.store(true, ordering: .relaxed)
    #expect(operation.rescue(allBut: [0], patience: .seconds(10)) == [0])
    #expect(hanging.faults.off("hang:stop-copy"))
    #expect(isOver.wait(timeout: .now() + 20) == .success)
    #expect(requests(source) == ["stop-copy", "running"])
    #expect(requests(target) == ["resuming", "reset"])
    let entries = target.session.journal.entries().map(\.entry)
    let reset = entries.lastIndex { $0.isStep(to: "reset") }
    #expect(reset != nil && reset ?? 0 > entries.lastIndex { $0.isWrite } ?? .max)
  }

  /// The sources must not run beside it.
  @Test func aDestinationThatCanNeitherBeResetNorStoppedKeepsTheSourcesStopped() throws {
    let sources = try (1...2).map { try SimulatedSession("v2-reference,size=64K,dirty=0,seed=\($0)") }
    let faults = "fault=refuse-reset:EIO,fault=refuse-state:stop/EIO"
    let loose = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=3,\(faults)")
    let bad = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=4,fail=running:EIO")
    let report = MigrateOperation([(sources[0].session, loose.session), (sources[1].session, bad.session)]).run()
    #expect(report.fault != nil)
    #expect(loose.state?.hasPrefix("running") == true)
    #expect(sources.map(\.state) == ["stop-copy", "stop-copy"])
  }

  @Test func whatSeveralSourcesHaveLeftIsAddedUp() {
    var count = TransferCount(devices: 2, target: .seconds(1), now: .now)
    count.report.phases = [TransferReport.Phase(state: "pre-copy")]
    count.add(1000, of: 0, in: 1_000_000, at: .now)
    var left = Estimate()
    (left.initial, left.dirty) = (0, 100)
    count.note(left, of: 0, running: true, at: .now)
    #expect(!count.isTargetMet)
    count.add(1000, of: 1, in: 1_000_000, at: .now)
    (left.initial, left.dirty) = (7, 20)
    count.note(left, of: 1, running: true, at: .now)
    #expect(count.report.phases[0].left?.remaining == 127)
    // There is initial data left: the destination needs it first.
    #expect(count.report.verdict == .targetMet)
    #expect(!count.isTargetMet)
    left.initial = 0
    count.note(left, of: 1, running: true, at: .now)
    #expect(count.isTargetMet)
  }

  @Test func progressTellsOfThePhaseAndOfAll() {
    var count = TransferCount(devices: 1, target: .zero, now: .now)
    for (state, bytes) in [("pre-copy", 1000), ("stop-copy", 10)] {
      count.report.phases.append(TransferReport.Phase(state: state))
      count.add(bytes, of: 0, in: 1_000_000, at: .now)
    }
    let progress = count.progress(in: .v2(.stopCopy), elapsed: .zero)
    #expect((progress.bytes, progress.phaseBytes) == (1010, 10))
  }

  /// Each gives its data at its own speed, all at the same time.
  @Test func theSlowestOfSeveralSourcesDecides() {
    var count = TransferCount(devices: 2, target: .zero, now: .now)
    count.report.phases = [TransferReport.Phase(state: "pre-copy")]
    var left = Estimate()
    for (device, (bytes, pending)) in [(1000, UInt64(4000)), (100, 800)].enumerated() {
      count.add(bytes, of: device, in: 1_000_000_000, at: .now)
      left.pending = pending
      count.note(left, of: device, running: true, at: .now)
    }
    #expect(count.progress(in: .v1(.preCopy), elapsed: .zero).estimatedDowntime == .seconds(8))
  }

  @Test(arguments: ["v1-reference,chunk=16K", "v2-reference"])
  func whatPairsGiveInPreCopyIsTakenAtTheSameTime(profile: String) throws {
    let meeting = Meeting(of: 2)
    let sources = try (1...2).map { seed in
      let first = Once()
      return try SimulatedSession("\(profile),size=1M,dirty=0,seed=\(seed)") {
        if $0.isData && first.isFirst { meeting.arrive() }
      }
    }
    let destinations = try (3...4).map { try SimulatedSession("\(profile),size=1M,dirty=0,seed=\($0)") }
    let report = MigrateOperation(zip(sources, destinations).map { ($0.session, $1.session) }).run()
    #expect(report.fault == nil)
    // One after the other, the first would have waited for the second in vain.
    #expect(meeting.tookPlace)
    #expect(report.phases.first?.state == "pre-copy")
    #expect([.target, .silence].contains(report.preCopyEnd))
  }

  @Test(arguments: ["v1-reference,chunk=16K", "v2-reference"])
  func aFaultOfTheDataSaysOfWhichDeviceItIs(profile: String) throws {
    for (broken, place) in [("source", 2), ("destination", 3)] {
      let sessions = try (0..<4).map { place in
        let breaks = place == (broken == "source" ? 2 : 3)
        return try SimulatedSession("\(profile),size=4M,dirty=0,seed=\(place)\(breaks ? ",break=2M" : "")")
      }
      for preCopy in [true, false] {
        var options = TransferOptions()
        options.preCopy = preCopy
        let pairs = [(sessions[0].session, sessions[1].session), (sessions[2].session, sessions[3].session)]
        let report = MigrateOperation(pairs, options: options).run()
        #expect(report.faulty == place, "\(broken) \(preCopy)")
        sessions.forEach { _ = $0.session.step(.reset) }
      }
    }
  }

  /// Data of another device is no sign of life of this one.
  @Test func aSourceThatGivesNothingIsGivenUpWhileAnotherOneGivesItsData() throws {
    let silent = FakeDevice.v1().holding(4096, at: 8).holding(4096, at: 16).holding(0, at: 24)
    let interface = try #require(try MigrationSupport.find(on: silent).interface)
    let session = MigrationSession(device: silent, interface: interface, journal: Journal())
    let others = try ["rate=2M,seed=1", "seed=2", "seed=3"].map {
      try SimulatedSession("v1-reference,size=64M,chunk=64K,dirty=0,\($0)")
    }
    var options = TransferOptions()
    options.preCopy = false
    options.limits.stall = .milliseconds(20)
    let pairs = [(others[0].session, others[1].session), (session, others[2].session)]
    let report = MigrateOperation(pairs, options: options).run()
    guard case .bound(let why)? = report.fault else {
      Issue.record("it went on: \(String(describing: report.fault))")
      return
    }
    #expect(why.contains("that has not said that it is done"))
    #expect(report.faulty == 2)
    #expect(report.bytes < 64 << 20)
  }

  @Test func aSourceThatDoesNotGoOnAfterAFailureIsToldOf() throws {
    let source = try SimulatedSession("v2-reference,size=64K,dirty=0,fail=running:EIO")
    let target = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=2,break=16K")
    let report = MigrateOperation([(source.session, target.session)]).run()
    #expect(report.faulty == 1)
    #expect(report.states.first?.lostWay?.errno == .EIO)
    #expect(report.states.last?.reset?.isDone == true && report.states.last?.lostWay == nil)
  }

  @Test func aSourceThatWasFoundInPreCopyRunsAfterAFailure() throws {
    let source = try SimulatedSession("v2-reference,size=64K,dirty=0")
    _ = source.session.step(.state(.v2(.preCopy)))
    let target = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=2,fail=running:EIO")
    #expect(MigrateOperation([(source.session, target.session)]).run().fault != nil)
    #expect(source.state == "running")
  }

  @Test func sourcesThatStandStillAreNotStartedToBeQuiet() throws {
    let sources = try (1...2).map {
      try SimulatedSession("v2-reference,flags=7,size=64K,dirty=0,seed=\($0),state=stop")
    }
    let targets = try (3...4).map { try SimulatedSession("v2-reference,flags=7,size=64K,dirty=0,seed=\($0)") }
    let report = MigrateOperation(zip(sources, targets).map { ($0.session, $1.session) }).run()
    #expect(report.fault == nil)
    for source in sources { #expect(requests(source) == ["stop-copy", "stop"]) }
    for target in targets { #expect(requests(target) == ["resuming", "running-p2p", "running"]) }
  }

  /// Nothing was asked of them.
  @Test func destinationsThatWereNotAskedForAnythingAreLeftAsTheyWere() throws {
    let source = try SimulatedSession("v2-reference,size=64K,dirty=0,state=resuming")
    let target = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=2,state=resuming")
    #expect(MigrateOperation([(source.session, target.session)]).run().fault != nil)
    #expect(target.state == "resuming" && !target.asked(.reset))
    let good = try SimulatedSession("v2-reference,size=64K,dirty=0")
    let broken = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=2,state=error")
    #expect(MigrateOperation([(good.session, broken.session)]).run().fault != nil)
    #expect(broken.state == "error" && !broken.asked(.reset))
    #expect(good.state == "running")
  }

  @Test func theTimeUntilTheDestinationRunsIsNoneOfStopCopy() throws {
    let source = try SimulatedSession("v2-reference,size=64K,dirty=0")
    let target = try SimulatedSession("v2-reference,size=64K,dirty=0,seed=2,latency=150ms")
    var options = TransferOptions()
    options.preCopy = false
    let report = MigrateOperation([(source.session, target.session)], options: options).run()
    #expect(report.fault == nil)
    let (phase, downtime) = (try #require(report.phases.last).duration, try #require(report.downtime))
    #expect(phase + .milliseconds(150) <= downtime)
  }

  @Test func aSourceThatRefusesToStopInTheEndKeepsNoOtherFromIt() throws {
    let sources = try ["fault=refuse-state:stop/EIO,", ""].enumerated().map {
      try SimulatedSession("v2-reference,flags=1,\($1)size=64K,dirty=0,seed=\($0)")
    }
    let targets = try (3...4).map { try SimulatedSession("v2-reference,flags=1,size=64K,dirty=0,seed=\($0)") }
    let report = MigrateOperation(zip(sources, targets).map { ($0.session, $1.session) }).run()
    #expect(report.faulty == 0)
    #expect(sources.map(\.state) == ["stop-copy", "stop"])
    #expect(targets.map(\.state) == ["running", "running"])
  }

  @Test func aSourceThatStopsLateIsNotOneThatGivesNothing() {
    var count = TransferCount(devices: 2, target: .zero, now: .now)
    let start = Moment.now
    count.begin(0, at: start)
    count.begin(1, at: start + .seconds(11))
    #expect(count.silence(of: 0, at: start + .seconds(12)) == .seconds(12))
    #expect(count.silence(of: 1, at: start + .seconds(12)) == .seconds(1))
  }

  /// Each time its initial data is left, without which the destination can't begin.
  @Test(arguments: [0, 1 << 20] as [UInt64]) func aDeviceThatKeepsBeginningAnewDoesNotConverge(dirty: UInt64) {
    let start = Moment.now
    var count = TransferCount(devices: 1, target: .seconds(1), now: start)
    count.report.phases = [TransferReport.Phase(state: "pre-copy")]
    var verdicts: [Convergence.Verdict] = []
    for tenth in 1...80 {
      let now = start + .milliseconds(100 * tenth)
      count.add(100_000, of: 0, in: 100_000_000, at: now)
      var left = Estimate()
      (left.initial, left.dirty) = (tenth.isMultiple(of: 5) ? 4096 : 1024, dirty)
      left.isReinit = tenth < 45
      count.note(left, of: 0, running: true, at: now)
      verdicts.append(count.report.verdict)
    }
    #expect(!verdicts[..<10].contains(.notConverging) || dirty > 0)
    #expect(verdicts[25...60].allSatisfy { $0 == .notConverging })
    #expect(!count.isTargetMet)
    #expect(count.report.reinits == 9)
  }

  @Test func whatWasLeftIsToldOfPhasesThatWereLeftBeforeTheirEnd() throws {
    let source = try SimulatedSession("v2-reference,size=16M,dirty=8M,rate=40M")
    let target = try SimulatedSession("v2-reference,size=16M,seed=2")
    var options = TransferOptions()
    options.downtimeTarget = .milliseconds(200)
    let report = MigrateOperation([(source.session, target.session)], options: options).run()
    #expect(report.fault == nil)
    #expect(report.phases.map { $0.left == nil } == [false, true])
  }

  @Test func theTimeUntilAPhaseIsNotOfItsRate() {
    let start = Moment.now
    var count = TransferCount(devices: 1, target: .seconds(1), now: start)
    count.report.phases = [TransferReport.Phase(state: "stop-copy")]
    count.begin(0, at: start + .seconds(2))
    count.add(1000, of: 0, in: 1, at: start + .seconds(3))
    count.note(Estimate(), of: 0, running: false, at: start + .seconds(3))
    #expect(count.progress(in: .v2(.stopCopy), elapsed: .seconds(3)).rate == 1000)
  }

  @Test func aResetThatDoesNotHelpIsToldApartFromOneThatIsRefused() throws {
    for (fault, what) in [("ignore-reset", "reported its reset as done"), ("refuse-reset:EIO", "could not be reset")] {
      let source = try SimulatedSession("v1-reference,size=2M,dirty=0")
      let target = try SimulatedSession("v1-reference,size=2M,dirty=0,seed=2,fault=\(fault),break=1M")
      let report = MigrateOperation([(source.session, target.session)]).run()
      #expect(report.states.last?.uselessReset?.what.hasPrefix(what) == true)
    }
  }

  @Test func aBoundIsNoDevicesFault() throws {
    let sessions = try (1...4).map { try SimulatedSession("v2-reference,size=1M,dirty=0,seed=\($0)") }
    var options = TransferOptions()
    options.limits.bytes = 100_000
    let pairs = [(sessions[0].session, sessions[1].session), (sessions[2].session, sessions[3].session)]
    let report = MigrateOperation(pairs, options: options).run()
    #expect(report.fault == .bound("more than 100000 bytes and no end (--max-bytes)"))
    #expect(report.faulty == nil)
  }

  @Test func whatIsLeftInStopCopyDoesNotChangeTheVerdictOfPreCopy() {
    var count = TransferCount(devices: 1, target: .zero, now: .now)
    count.report.phases = [TransferReport.Phase(state: "stop-copy")]
    count.add(1000, of: 0, in: 1_000_000, at: .now)
    var left = Estimate()
    left.stopCopy = 0
    count.note(left, of: 0, running: false, at: .now)
    #expect(count.report.verdict == .unknown)
  }

  private func requests(_ device: SimulatedSession) -> [String] {
    device.session.journal.entries().compactMap {
      if case .step(let step) = $0.entry { step.requested.name } else { nil }
    }
  }
}

/// Says once that it is the first time.
private final class Once: Sendable {
  private let isOver = Atomic(false)
  var isFirst: Bool { !isOver.exchange(true, ordering: .relaxed) }
}

extension Journal.Entry {
  /// Whether data has just been given to a device.
  fileprivate var isWrite: Bool {
    guard case .access(let access, _) = self, case .streamWrite = access.operation else { return false }
    return true
  }

  /// Whether data has just been taken out of a device.
  fileprivate var isData: Bool {
    guard case .access(let access, _) = self else { return false }
    return switch access.operation {
    case .streamRead: true
    case .read(_, let offset, let count): offset >= 4096 && count > 8
    default: false
    }
  }

  /// Whether a step to this state has just been made, whatever came of it.
  fileprivate func isStep(to name: String) -> Bool {
    if case .step(let step) = self { step.requested.name == name } else { false }
  }
}
