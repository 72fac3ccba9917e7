import Migration
import Simulator
import VFIO

/// A protocol, and how its data is accessed.
enum Way: String, CaseIterable {
  case v1Map = "v1 by map"
  case v1Message = "v1 by message"
  case v2

  var access: WindowAccess { self == .v1Map ? .map : .message }
  var identity: StreamIdentity {
    StreamIdentity(protocol: self == .v2 ? .v2 : .v1, device: "sim", way: "simulator")
  }

  /// How much a program reads from the data fd at once, or finds in the window.
  func pieceSize(chunk: Int) -> Int { self == .v2 ? 1 << 20 : chunk }

  /// The simulated device's address: `size` bytes of memory that go out in chunks of `chunk` bytes.
  func address(size: Int, chunk: Int, options: String = "") -> String {
    let window = self == .v2 ? "" : ",window=\(max(4096, chunk))"
    return (self == .v2 ? "v2" : "v1") + "-reference,size=\(size),chunk=\(chunk)\(window)\(options)"
  }
}

struct Failed: Error {
  let what: String
}

/// A session on a simulated device, or on one behind the socket `vfio-user:PATH`; with a journal as the program opens it,
/// without one bare.
func open(_ address: String, journal: Journal? = Journal(), maxRead: Int = 1 << 20) throws -> MigrationSession {
  let device: any Device
  if address.hasPrefix("vfio-user:") {
    var options = VFIOUserOptions()
    options.maxRead = maxRead
    let path = String(address.dropFirst("vfio-user:".count))
    device = try VFIOUserDevice.open(path, options: options, recorder: journal ?? NoRecorder())
  } else {
    let bare = try SimulatedDevice.open(address)
    device = journal.map { RecordingDevice(bare, recorder: $0) } ?? bare
  }
  guard let interface = try MigrationSupport.find(on: device).interface else { throw Failed(what: "no migration") }
  return MigrationSession(device: device, interface: interface, journal: journal ?? Journal())
}

/// Times nothing and keeps nothing.
private final class NoRecorder: AccessRecorder {
  func record(_ access: Access) {}
}

extension MigrationSession {
  /// Goes to the state of this name.
  func go(to name: String) throws {
    guard let state = interface.states.first(where: { $0.name == name }), step(.state(state)).reached == state else {
      throw Failed(what: "the device does not go to \(name)")
    }
  }
}
