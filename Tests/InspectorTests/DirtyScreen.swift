import Migration
import Simulator
import TestSupport
import VFIO

@testable import Inspector
@testable import Terminal

/// The program with one simulated device, both by a clock that a test sets: what the device writes depends on nothing
/// else.
struct DirtyScreen {
  let screen: Screen
  let reference: DeviceReference
  private let clock = TestClock()

  init(_ address: String = "v2-reference,dirty=0", height: Int = 24, width: Int = 80, glyphs: Glyphs = .utf8) {
    reference = .simulated(address)
    screen = Screen(
      device: "sim:\(address)", height: height, width: width, glyphs: glyphs, passing: clock,
      opening: { [clock] (reference, journal) throws(OpenFailure) in
        try Self.open(address, by: clock, reference, journal)
      })
  }

  /// Arms the device and begins to watch its pages.
  func beginWatch() { screen.type("aydy") }

  /// Time passes as in the program: a look and a report a second.
  func pass(seconds: Int) {
    for _ in 0..<seconds {
      clock.advance(by: .seconds(1))
      screen.app.store.look()
    }
  }

  /// What the device was asked that has to do with its memory, in the kernel's words.
  var calls: [String] {
    let journal = screen.app.store.journal(of: reference)
    return (journal?.entries() ?? []).compactMap { numbered in
      guard case .access(let access, _) = numbered.entry else { return nil }
      let text = access.operation.description
      return ["DMA", "DIRTY"].contains { text.contains($0) } && !text.contains("PROBE") ? text : nil
    }
  }

  private static func open(
    _ address: String, by clock: TestClock, _ reference: DeviceReference, _ journal: Journal
  ) throws(OpenFailure) -> OpenedDevice {
    do {
      let device = try SimulatedDevice.open(address, clock: clock.now)
      return try OpenedDevice(
        RecordingDevice(device, recorder: journal), reference: reference, way: "simulator", journal: journal)
    } catch {
      throw OpenFailure(.refused, "\(error)")
    }
  }
}
