import Dispatch
import Synchronization
import TestSupport
import Testing
import VFIO

@testable import Simulator

/// Who has mapped the window can change it while the device takes a chunk from there: what the device has checked has to
/// be what it keeps.
@Suite("The data window of protocol v1, changed by somebody else meanwhile")
struct V1SharedWindowTests {
  /// Turns bits over and back, here and there, as fast as it can.
  private final class Scribbler: Sendable {
    private let isOn = Atomic(true)
    private let ended = DispatchSemaphore(value: 0)

    init(_ memory: SharedMemory) {
      DispatchQueue(label: "scribbler").async { [self] in
        var place = 1
        while isOn.load(ordering: .relaxed) {
          place = (place &* 1_103_515_245 &+ 12345) & 0x7fff_ffff
          memory.withMutableBytes { bytes in
            let offset = place % 65536
            let byte = bytes.bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            bytes.storeBytes(of: byte ^ 0x40, toByteOffset: offset, as: UInt8.self)
            bytes.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
          }
        }
        ended.signal()
      }
    }

    /// Whether it has ended.
    func stop() -> Bool {
      isOn.store(false, ordering: .relaxed)
      return ended.wait(timeout: .now() + 20) == .success
    }
  }

  @Test("a device that takes all chunks has what was sent, and one that does not says so")
  func changed() throws {
    let source = try V1Device("chunk=60000")
    try source.set(.stopCopy)
    let chunks = try source.drain()
    let sent = try source.device.memory()
    var taken = 0
    for round in 0..<40 {
      let target = try V1Device("seed=2,state=resuming")
      let window = try #require(target.device.shareable(target.region))
      let scribbler = round < 38 ? Scribbler(window) : nil
      do {
        try target.load(chunks)
        try target.set(.running)
        taken += 1
        #expect(try target.device.memory() == sent)
      } catch let error as DeviceError {
        #expect(error.errno == .EINVAL)
        #expect(try target.state == .error || target.state == .resuming)
      }
      if let scribbler { #expect(scribbler.stop()) }
    }
    #expect(taken >= 2)
  }
}
