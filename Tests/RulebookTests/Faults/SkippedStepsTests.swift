import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

@Suite("A user that reads a chunk's registers otherwise than in their turn")
struct SkippedStepsTests {
  @Test(
    "is answered, and the device is saved anew as if nothing had been",
    arguments: [
      "v1-reference,size=64K", "v1-reference,size=64K,map=only", "mlx5-v1,size=64K", "hisi-v1,size=64K",
      "libvfio-user-v1,size=64K", "spdk-v1", "qemu-v1,size=64K",
    ])
  func answered(address: String) throws {
    let made = try MadeFault("skip-a-step", on: address)
    #expect(made.findings.map(\.rule.id) == ["V1-SAVE-02", "V1-SAVE-05"])
    #expect(made.findings.map(\.verdict) == [.pass, .pass], "\(made.findings.map(\.words))")
    #expect(made.ending == .complete)
    #expect(made.state == .v1(.running))
  }

  @Test("does really so: it reads with nothing pending, and no register in its turn")
  func really() throws {
    let journal = Journal()
    let device = try SimulatedDevice.open("v1-reference,size=64K,chunk=16K")
    _ = try MadeFault("skip-a-step", on: device, journal: journal)
    let region = try #require(try device.regions().first(where: \.isMigration))
    let touches = journal.entries().compactMap { numbered -> V1Touch? in
      if case .access(let access, _) = numbered.entry { V1Touch(access, of: region) } else { nil }
    }
    func did(_ wanted: V1Touch.Kind...) -> Bool {
      touches.indices.contains { touches[$0...].prefix(wanted.count).map(\.kind) == wanted }
    }
    #expect(did(.nothingPending, .offset, .size))
    #expect(did(.pending, .size, .offset))
    #expect(did(.setState, .state, .offset))
    #expect(did(.pending, .data))
    #expect(did(.data, .offset, .size, .data))
    #expect(did(.pending, .size, .data, .offset))
  }

  @Test("may not bring a device out of its state, or make it lose its data")
  func broken() throws {
    typealias Register = MigrationRegion.Register
    // A device that takes data_size before data_offset amiss, for ever.
    func device(_ amiss: @escaping @Sendable (RegionCall) -> [UInt8]?) throws -> any Device {
      let (isOpen, isHurt) = (Remembered(false), Remembered(false))
      var interference = Interference()
      interference.read = { call, forward in
        switch call.register {
        case Register.pendingBytes: isOpen.now = false
        case Register.dataOffset: isOpen.now = true
        case Register.dataSize where !isOpen.now: isHurt.now = true
        default: break
        }
        if isHurt.now, let bytes = amiss(call) { return .success(bytes) }
        return forward(call)
      }
      return InterferedDevice(try SimulatedDevice.open("v1-reference,size=64K"), interference)
    }
    let inError = try MadeFault(
      "skip-a-step",
      on: device { $0.register == Register.deviceState ? [UInt8](number: V1State.error.rawValue) : nil })
    #expect(try inError.finding("V1-SAVE-05").verdict == .fail)
    #expect(inError.saw("device_state then reads error"))
    let empty = try MadeFault(
      "skip-a-step", on: device { $0.register == Register.pendingBytes ? [UInt8](number: UInt64(0)) : nil })
    #expect(try empty.finding("V1-SAVE-05").verdict == .fail)
    #expect(empty.saw("When it is saved anew, the device has no data."))
  }
}

@Suite("A data fd that is used when its session has ended")
struct UsedAfterEndTests {
  @Test("is read and written")
  func both() throws {
    let made = try MadeFault("use-after-end", on: "v2-reference,size=64K")
    let finding = try made.finding("V2-FD-10")
    #expect(finding.verdict == .pass)
    #expect(finding.words.contains("a read of the session's data fd answers ENODEV"))
    #expect(finding.evidence.contains { $0.contains("write data fd 1 bytes") }, "\(finding.evidence)")
  }

  @Test("may not take what is written")
  func taken() throws {
    var interference = Interference()
    interference.streamWrite = { bytes, _ in .success(bytes.count) }
    let made = try MadeFault(
      "use-after-end", on: InterferedDevice(try SimulatedDevice.open("v2-reference,size=64K"), interference))
    #expect(try made.finding("V2-FD-10").verdict == .fail)
  }
}

extension V1Touch {
  fileprivate enum Kind { case state, setState, pending, nothingPending, offset, size, setSize, data, setData, map }

  fileprivate var kind: Kind {
    switch self {
    case .readState: .state
    case .setState: .setState
    case .readPending(let value): value > 0 ? .pending : .nothingPending
    case .readOffset: .offset
    case .readSize: .size
    case .setSize: .setSize
    case .readData: .data
    case .setData: .setData
    case .map: .map
    }
  }
}
