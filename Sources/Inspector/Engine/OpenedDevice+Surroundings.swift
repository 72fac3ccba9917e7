import Inventory
import Rulebook

extension OpenedDevice {
  /// What surrounds the device, for checks that look beyond its own calls.
  public var surroundings: Surroundings {
    switch reference {
    case .simulated: return Surroundings()
    case .vfioUser(let path): return Surroundings(socket: path)
    case .kernel(let name):
      guard let address = DeviceAddress(name) else { return Surroundings() }
      // What can't be read is as good as not there: who may not read debugfs is told so by the check.
      return Surroundings(debugfs: {
        (
          (try? MigrationDebugfs.state(of: address)).flatMap { $0 },
          (try? MigrationDebugfs.features(of: address)).flatMap { $0 }
        )
      })
    }
  }
}
