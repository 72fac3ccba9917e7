import Migration
import Synchronization
import VFIO

/// What stands in front of a device's migration region and lets nothing through: it shows what this program would do,
/// and the device is not touched.
final class V1StandIn: Sendable {
  private let written = Mutex<[RegionWrite]>([])
  private let answers: [UInt64: UInt64]

  /// Registers answer with these numbers, by their offsets, and with 0 where there is none.
  init(_ answers: [UInt64: UInt64]) {
    self.answers = answers
  }

  /// The protocol's side of the device on the bench, with this in front of its region.
  func interface(_ v1: V1Bench) -> V1Interface {
    var interference = Interference()
    interference.read = { [answers] call, _ in
      .success(Array([UInt8](number: answers[call.offset] ?? 0).prefix(call.count)))
    }
    interference.write = { [self] call, _ in
      written.withLock { $0.append(call) }
      return .success(call.bytes.count)
    }
    return V1Interface(InterferedDevice(v1.device, interference), region: v1.region)
  }

  /// What was written since the last time.
  func takeWrites() -> [RegionWrite] {
    written.withLock { written in
      defer { written = [] }
      return written
    }
  }
}
