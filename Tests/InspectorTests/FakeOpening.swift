import Migration
import Synchronization
import TestSupport
import VFIO

@testable import Inspector

/// Opens fake devices, a new one each time unless one is given, and keeps count.
final class FakeOpening: Sendable {
  private let made = Mutex<[FakeDevice]>([])
  private let make: @Sendable () -> FakeDevice

  init(_ make: @escaping @Sendable () -> FakeDevice = { .v2() }) { self.make = make }

  /// The devices that were opened, oldest first.
  var devices: [FakeDevice] { made.withLock { $0 } }

  func open(_ reference: DeviceReference, _ journal: Journal) throws(OpenFailure) -> OpenedDevice {
    let device = make()
    made.withLock { $0.append(device) }
    do throws(DeviceError) {
      return try OpenedDevice(
        RecordingDevice(device, recorder: journal), reference: reference, way: "fake", journal: journal)
    } catch {
      throw OpenFailure(.refused, "\(reference): \(error)", errno: error.errno)
    }
  }
}

extension FakeDevice {
  /// Whether one of these was a request for a state.
  func wasAskedForAState() -> Bool {
    takeAsked().contains { operation in
      guard case .feature(_, let flags) = operation else { return false }
      return flags == FeatureFlags.set.of(.migDeviceState)
    }
  }
}
