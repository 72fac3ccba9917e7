import Migration
import Simulator
import Testing
import VFIO

@testable import Rulebook

@Suite("A shipped scenario")
struct ShippedScenarioTests {
  @Test("is played to its end on its own devices", arguments: ScenarioCatalog.names)
  func plays(name: String) throws {
    let played = try Played(name)
    played.play()
    #expect(played.run.ending == .played, "\(played.failure ?? "")")
    #expect(played.run.outcomes.allSatisfy { $0.state != nil })
    #expect(Set(played.run.outcomes.map(\.step)).count >= 3)
  }

  @Test("tells what it shows, and says a sentence about each step", arguments: ScenarioCatalog.names)
  func tells(name: String) throws {
    let scenario = try Scenario.shipped(name)
    #expect(name.hasPrefix(scenario.protocol.rawValue + "-"))
    #expect(scenario.devices.count == scenario.roles.count)
    for text in [scenario.shows] + scenario.steps.map(\.words) {
      #expect(text.last == ".", "\(text)")
      #expect(text.count <= 120, "\(text)")
    }
  }

  @Test("says what it may do to its devices")
  func harm() throws {
    let harmless = [
      "v1-shutdown", "v1-save", "v1-not-converging", "v2-no-way-back", "v2-not-converging", "v2-refused-state",
    ]
    for scenario in try ScenarioCatalog.shipped.get() {
      #expect(scenario.harm == (harmless.contains(scenario.name) ? .perturb : .lose), "\(scenario.name)")
    }
    let two = try Scenario.shipped("v2-pre-copy")
    #expect(two.harm(to: .source) == .perturb)
    #expect(two.harm(to: .destination) == .lose)
  }

  /// A device that behaves otherwise, and the step at which that is seen.
  struct Otherwise: Sendable, CustomTestStringConvertible {
    let name: String
    let devices: [String]
    let step: Int
    let words: String

    init(_ name: String, _ devices: String..., step: Int, _ words: String) {
      (self.name, self.devices, self.step, self.words) = (name, devices, step, words)
    }

    var testDescription: String { "\(name) on \(devices[0])" }
  }

  static let others: [Otherwise] = [
    Otherwise("v1-shutdown", "v1-reference,fail=stop:EIO", step: 2, "expected success, seen EIO"),
    Otherwise("v1-shutdown", "v1-reference,fail=stop:EIO:error", step: 2, "expected state stop, seen error"),
    Otherwise("v1-save", "v1-reference,size=1M,break=300K", step: 5, "expected success, seen EIO"),
    Otherwise("v1-save", "v1-reference,size=4K,chunk=1M", step: 4, "expected pending_bytes > 0"),
    Otherwise(
      "v1-live-migration", "v1-reference,size=64K,fail=pre-copy:EBUSY", "v1-reference,size=64K", step: 1, "EBUSY"),
    Otherwise(
      "v1-live-migration", "v1-reference,size=64K", "v1-reference,size=64K,fail=running:EIO", step: 10,
      "expected success, seen EIO"),
    Otherwise("v1-resuming", "v1-reference,size=64K,fail=resuming:EINVAL", step: 4, "EINVAL"),
    Otherwise("v1-resumed", "v1-reference,size=64K", "v1-reference,size=128K", step: 5, "EINVAL"),
    Otherwise("v1-abort-resuming", "v1-reference,size=64K,fail=running:EIO", step: 3, "EIO"),
    Otherwise("v1-error-reset", "v1-reference,size=64K", step: 2, "expected an error, seen success"),
    Otherwise("v2-save-restore", "v2-reference,size=64K,fail=stop:EIO", "v2-reference", step: 1, "EIO"),
    Otherwise("v2-save-restore", "v2-reference,size=64K", "v2-reference,size=128K", step: 7, "EINVAL"),
    Otherwise(
      "v2-pre-copy", "v2-reference,size=4M,fail=pre-copy-p2p:EIO", "v2-reference,size=4M", step: 7,
      "expected success, seen EIO"),
    Otherwise("v2-pre-copy", "v2-reference,size=64K,flags=3", "v2-reference", step: 0, "asks for pre-copy, which"),
    Otherwise("v2-abort-resuming", "v2-reference,size=64K,break=10K", step: 2, "EIO"),
    Otherwise("v2-error-reset", "v2-reference,size=64K", step: 2, "expected an error, seen success"),
    Otherwise(
      "v1-qemu", "libvfio-user-v1,size=64K", step: 19, "expected success, seen EINVAL"),
    Otherwise("v1-qemu", "v1-reference,size=64K,fail=stop-copy:EIO", step: 8, "seen EIO"),
    Otherwise("v1-qemu", "spdk-v1", step: 19, "expected success, seen EINVAL"),
    Otherwise("v1-qemu", "v1-reference,size=64K,fail=resuming:EIO", step: 13, "seen EIO"),
    Otherwise("v2-qemu", "v2-reference,size=64K,fail=stop-copy:EIO", step: 9, "seen EIO"),
    Otherwise("v2-qemu", "v2-reference,size=64K,fail=running-p2p:EIO", step: 13, "seen EIO"),
    Otherwise("v2-qemu", "qemu,flags=1,size=64K,fail=stop:EIO", step: 20, "seen EIO"),
    Otherwise("v1-shutdown", "v2-reference", step: 0, "is for protocol v1, the device speaks v2"),
    Otherwise("v2-no-way-back", "v2-reference,state=stop", step: 0, "begins in running, the device is in stop"),
  ]

  @Test("ends where a device behaves otherwise, and names the step", arguments: others)
  func otherwise(_ other: Otherwise) throws {
    let played = try Played(other.name, on: other.devices)
    played.play()
    let failure = try #require(played.failure)
    #expect(failure.contains(other.words), "\(failure)")
    if other.step > 0 {
      #expect(failure.hasPrefix("step \(other.step) ("), "\(failure)")
      #expect(played.run.outcomes.last?.isMet == false)
    } else {
      #expect(played.run.outcomes.isEmpty)
    }
  }

  @Test(
    "that tells what QEMU asks is played to its end on every device that QEMU can migrate",
    arguments: ["v1-reference", "mlx5-v1", "hisi-v1", "qemu-v1"]
      + ["v2-reference", "mlx5", "hisi-acc", "pds", "mtty", "libvfio-user", "qemu", "qemu,flags=1"])
  func qemu(device: String) throws {
    let profile = device.prefix { $0 != "," }
    let name = profile.hasSuffix("-v1") || profile.hasPrefix("v1-") ? "v1-qemu" : "v2-qemu"
    let played = try Played(name, on: ["\(device),size=64K,seed=5"])
    played.play()
    #expect(played.run.ending == .played, "\(played.failure ?? "")")
    let steps = try Scenario.shipped(name).steps
    #expect(played.run.outcomes.map(\.step) == Array(steps.indices))
    #expect(try played.devices[0].allMemory() == SimulatedDevice.open("\(device),size=64K,seed=5").allMemory())
    // What a device does not have is passed over, and nothing else.
    let states = try #require(played.session?.interface.states)
    let passed = played.run.outcomes.filter { $0.seen.hasPrefix("passed over, the device has no ") }.map(\.step)
    #expect(passed == steps.indices.filter { index in steps[index].needed.map { !states.contains($0) } ?? false })
    #expect(passed.isEmpty == !["hisi-acc", "pds", "libvfio-user", "qemu,flags=1"].contains(device))
  }

  @Test("that tells what QEMU asks is not content with a device that can't be asked for stop-copy twice")
  func askedTwice() throws {
    let asked = Remembered<UInt32?>(nil)
    var once = Interference()
    once.write = { call, forward in
      guard let state = call.state else { return forward(call) }
      if state == V1State.stopCopy.rawValue, asked.now == state { return .failure(call.refused(.EINVAL)) }
      asked.now = state
      return forward(call)
    }
    let played = try Played("v1-qemu", on: ["v1-reference,size=64K"], once)
    played.play()
    #expect(played.failure?.hasPrefix("step 9 (ask for stop-copy): expected success, seen EINVAL") == true)
  }

  /// On a machine with much else to do the time may be over before the device has been read once; then it is seen by what
  /// is left.
  @Test("is not content with a device that converges", arguments: ["v1", "v2"])
  func converges(version: String) throws {
    let played = try Played("\(version)-not-converging", on: ["\(version)-reference,size=64K"])
    played.play()
    let failure = try #require(played.failure)
    #expect(failure.contains("expected always more, seen nothing for now") || failure.hasSuffix("_bytes > 0, seen 0"))
  }

  @Test("is not content with a device that takes any data", arguments: [("v1", 6), ("v2", 6)])
  func anyData(version: String, step: Int) throws {
    var deaf = Interference()
    deaf.streamWrite = { bytes, _ in .success(bytes.count) }
    deaf.write = { call, forward in
      // What goes into the window, and its length.
      let isData = call.register == nil || call.register == MigrationRegion.Register.dataSize
      return isData ? .success(call.bytes.count) : forward(call)
    }
    let played = try Played(
      "\(version)-refused-stream", on: ["\(version)-reference,size=1M,no-data=accept"], deaf)
    played.play()
    #expect(played.failure?.hasPrefix("step \(step) (") == true, "\(played.failure ?? "")")
    #expect(played.failure?.contains("expected an error, seen success") == true)
  }

  @Test("is not content with a device that goes back to pre-copy")
  func goesBack() throws {
    var lying = Interference()
    lying.feature = { call, forward in
      call.state == .preCopy ? FeatureAnswer(data: call.data) : forward(call)
    }
    let played = try Played("v2-no-way-back", on: ["v2-reference,size=64K"], lying)
    played.play()
    #expect(played.failure?.hasPrefix("step 2 (ask for pre-copy): expected EINVAL, seen success") == true)
  }
}
