import Simulator
import TestSupport
import Testing
import VFIO

@testable import Migration

/// A simulated device whose dirty pages are watched, and the clock of both.
struct Watched {
  let device: SimulatedDevice
  let clock = TestClock()
  let watch: DirtyWatch
  let recording = Recording()

  init(_ address: String, _ log: DirtyLog? = nil) throws {
    device = try SimulatedDevice.open(address, clock: clock.now)
    watch = try DirtyWatch(RecordingDevice(device, recorder: recording), .watching(by: log), clock: clock.now)
  }

  /// What is reported after this time.
  func report(after duration: Duration) -> DirtyReport {
    clock.advance(by: duration)
    return watch.report()
  }

  /// Whether the device reaches nothing at the watched place any more.
  var isGivenBack: Bool {
    get throws {
      let memory = try #require(SharedMemory(count: 4096))
      return (try? device.addressSpace().map(memory, at: DirtyOptions.watching().range.iova)) != nil
    }
  }
}

extension DirtyOptions {
  /// 64 pages from 1 MiB on.
  static func watching(by log: DirtyLog? = nil) -> DirtyOptions {
    var options = DirtyOptions()
    options.range = DMARange(iova: 0x10_0000, length: 64 * 4096)
    options.log = log
    return options
  }
}
