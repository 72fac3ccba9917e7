import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

@Suite("A device that is closed in the middle of its data")
struct ClosedDeviceTests {
  @Test("runs when it is opened again, and its data session is gone", arguments: ["mlx5", "hisi-acc", "v2-reference"])
  func runs(profile: String) throws {
    let made = try MadeFault("close-device", on: "\(profile),size=64K")
    #expect(try made.finding("V2-STATE-02").verdict == .info)
    #expect(made.saw("closed in RESUMING, it is opened in RUNNING"))
    let dataFD = try made.finding("V2-FD-10")
    #expect(dataFD.verdict == .pass)
    #expect(dataFD.words.contains("closed in STOP_COPY the data fd answers ENODEV"))
    #expect(made.ending == .complete)
    #expect(made.state == .v2(.running))
    #expect(dataFD.evidence.contains { $0.contains("close and open again") })
  }

  @Test("runs when it is opened again, by protocol v1 because it has to", arguments: ["hisi-v1", "v1-reference"])
  func runsV1(profile: String) throws {
    let made = try MadeFault("close-device", on: "\(profile),size=64K")
    let finding = try made.finding("V1-STATE-01")
    #expect(finding.verdict == .pass)
    for state in ["Closed in pre-copy", "closed in stop-copy", "closed in resuming"] {
      #expect(finding.words.contains("\(state), it is opened in running, pending_bytes"), "\(finding.words)")
    }
    #expect(made.state == .v1(.running))
  }

  @Test("keeps its state as mtty does, and a reset brings it back")
  func mtty() throws {
    let made = try MadeFault("close-device", on: "mtty")
    #expect(try made.finding("V2-STATE-02").verdict == .info)
    for state in ["PRE_COPY", "STOP_COPY", "RESUMING"] {
      #expect(made.saw("losed in \(state), it is opened in \(state)"), "\(made.findings.map(\.words))")
    }
    #expect(try made.finding("V2-FD-10").verdict == .pass)
    #expect(made.ending == .complete)
    #expect(made.state == .v2(.running))
  }

  /// A driver that takes no notice of who opens and closes the device.
  private func unaware(_ address: String) throws -> any Device {
    var interference = Interference()
    interference.reopen = { _, _ in .success(()) }
    return InterferedDevice(try SimulatedDevice.open(address), interference)
  }

  @Test("breaks the rule of protocol v1 when it is found as it was left")
  func unawareV1() throws {
    let made = try MadeFault("close-device", on: unaware("v1-reference,size=64K"))
    let finding = try made.finding("V1-STATE-01")
    #expect(finding.verdict == .fail)
    #expect(finding.words.contains("closed in stop-copy, it is opened in stop-copy"))
    #expect(made.state == .v1(.running))
  }

  @Test("may go on with its data by protocol v2 where it keeps its state, and may not where it runs")
  func dataGoOn() throws {
    let unaware = try unaware("v2-reference,size=64K")
    let made = try MadeFault("close-device", on: unaware)
    #expect(try made.finding("V2-FD-10").verdict == .info)
    #expect(made.saw("closed in STOP_COPY the data fd answers as before"))
    // The same, but closed while it saves it says afterwards that it runs, until it is asked for another state.
    let (says, asked) = (Remembered(false), Remembered(V2State.running))
    var liar = Interference()
    liar.reopen = { _, forward in
      says.now = asked.now != .resuming
      return forward(())
    }
    liar.feature = { call, forward in
      if let state = call.state { (says.now, asked.now) = (false, state) }
      var answer = forward(call)
      if says.now, call.is(.get, .migDeviceState) { answer.data.put(number: V2State.running.rawValue, at: 0) }
      return answer
    }
    let found = try MadeFault("close-device", on: InterferedDevice(unaware, liar))
    #expect(try found.finding("V2-FD-10").verdict == .fail)
  }

  @Test("is told when it can't be opened again")
  func refused() throws {
    var interference = Interference()
    interference.reopen = { _, _ in .failure(DeviceError(.reopen, .EBUSY)) }
    let v1 = try MadeFault(
      "close-device", on: InterferedDevice(try SimulatedDevice.open("v1-reference,size=64K"), interference))
    #expect(try v1.finding("V1-STATE-01").verdict == .fail)
    #expect(v1.saw("it can't be opened again: EBUSY"))
    let v2 = try MadeFault(
      "close-device", on: InterferedDevice(try SimulatedDevice.open("v2-reference,size=64K"), interference))
    #expect(v2.findings.map(\.verdict) == [.skip, .skip])
    #expect(v2.saw("opening the device again answers EBUSY"))
  }

  @Test("is only recorded behind a server, which keeps the device for its next client")
  func served() throws {
    for address in ["v1-reference,size=64K", "v2-reference,size=64K"] {
      let made = try ServedDevice.lend(address) { device, path, journal in
        try MadeFault("close-device", on: device, surroundings: Surroundings(socket: path), journal: journal)
      }
      #expect(made.findings.allSatisfy { [.info, .skip].contains($0.verdict) }, "\(made.findings)")
      #expect(made.ending == .complete)
      #expect(made.state?.isRunning == true)
      #expect(made.saw(address.hasPrefix("v1") ? "opened in stop-copy" : "opened in STOP_COPY"))
    }
  }
}

@Suite("A data fd that is closed in the middle of its data")
struct ClosedDataFDTests {
  @Test("ends its session, and the device makes the next change", arguments: ["v2-reference,size=64K", "mtty", "mlx5"])
  func closed(address: String) throws {
    let made = try MadeFault("close-data-fd", on: address)
    #expect(made.findings.map(\.verdict) == [.pass], "\(made.findings)")
    #expect(made.saw("Closed in STOP_COPY, RUNNING is reached."))
    #expect(made.saw("Closed in RESUMING after"))
    #expect(made.state == .v2(.running))
  }

  @Test("must not keep the device from making it")
  func refuses() throws {
    let faulty = InterferedDevice(try SimulatedDevice.open("v2-reference,size=64K"))
    // The first time it is asked for RUNNING, nothing is open that could have been closed.
    try FaultSwitches(faulty).on("refuse-state:running/EIO/2")
    let made = try MadeFault("close-data-fd", on: faulty)
    #expect(made.findings.map(\.verdict) == [.fail])
    #expect(made.saw("RUNNING is refused: EIO (Input/output error); the state is PRE_COPY."))
  }

  @Test("is no fault where there is none, as behind a socket")
  func served() throws {
    let made = try ServedDevice.lend("v2-reference,size=64K") { device, path, journal in
      try MadeFault("close-data-fd", on: device, surroundings: Surroundings(socket: path), journal: journal)
    }
    #expect(made.findings.map(\.verdict) == [.skip])
    #expect(made.saw("a vfio-user server gives no data fd"))
  }
}
