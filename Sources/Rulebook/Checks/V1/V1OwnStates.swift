import Migration
import VFIO

/// How this program itself changes states: it is set to work on a stand-in, and the device is not touched.
enum V1OwnStates {
  static let checks: [Check] = [
    Check("V1-STATE-02") { (bench) throws(Untried) in
      let reserved: UInt32 = 0xA5A5_A500
      let asked = try StandIn(bench, state: reserved | V1State.running.rawValue).ask(for: .stop)
      guard let write = asked.firstIndex(where: \.isStateWrite), let number: UInt32 = asked[write].payload.number(at: 0)
      else { throw Untried("this program wrote nothing") }
      guard write > 0, asked[write - 1].isStateRead else {
        return .broken("This program wrote device_state without reading it just before.")
      }
      return number & ~V1State.mask == reserved
        ? .kept(
          "With 0x\(hexadecimal(reserved)) in the reserved bits, this program wrote 0x\(hexadecimal(number)) for stop.")
        : .broken(
          "With 0x\(hexadecimal(reserved)) in the reserved bits, this program wrote 0x\(hexadecimal(number)) for stop.")
    },
    Check("V1-ERR-03") { (bench) throws(Untried) in
      let asked = try StandIn(bench, state: V1State.running.rawValue, refusing: .EIO).ask(for: .stop)
      guard let failed = asked.firstIndex(where: { $0.isStateWrite && $0.failure != nil }) else {
        throw Untried("this program wrote nothing")
      }
      return asked[failed...].contains(where: \.isStateRead)
        ? .kept("When the write had failed with EIO, this program read device_state again.")
        : .broken("When the write had failed with EIO, this program did not read device_state again.")
    },
    Check("V1-ERR-10") { (bench) throws(Untried) in
      let interface = try V1Bench(bench).bench.session.interface
      for state in V1State.valid {
        switch interface.plan(from: .v1(state), to: .v1(.error)).standing {
        case .refused: continue
        case .allowed, .optional: return .broken("In \(state.name), this program would write the error state's number.")
        }
      }
      return .kept(
        "In each of the \(V1State.valid.count) states, this program refuses to write the error state's number.")
    },
  ]

  /// A session of this program whose device has nothing behind it but a `device_state` that reads so.
  private struct StandIn {
    private let session: MigrationSession

    /// Every write is taken, or refused with this number.
    init(_ bench: Bench, state: UInt32, refusing errno: Errno? = nil) throws(Untried) {
      let v1 = try V1Bench(bench)
      var interference = Interference()
      interference.read = { call, _ in .success(Array([UInt8](number: UInt64(state)).prefix(call.count))) }
      interference.write = { call, _ in errno.map { .failure(call.refused($0)) } ?? .success(call.bytes.count) }
      let journal = Journal()
      let device = RecordingDevice(InterferedDevice(bench.device, interference), recorder: journal)
      session = MigrationSession(device: device, interface: V1Interface(device, region: v1.region), journal: journal)
    }

    /// Asks for a state as this program always does.
    ///
    /// - Returns: its accesses.
    func ask(for state: V1State) -> [Access] {
      session.step(.state(.v1(state)))
      return session.journal.entries().compactMap { numbered in
        switch numbered.entry {
        case .access(let access, _): access
        case .step: nil
        }
      }
    }
  }
}

extension Access {
  fileprivate var isStateRead: Bool {
    if case .read = operation { register == "device_state" } else { false }
  }

  fileprivate var isStateWrite: Bool {
    if case .write = operation { register == "device_state" } else { false }
  }
}
