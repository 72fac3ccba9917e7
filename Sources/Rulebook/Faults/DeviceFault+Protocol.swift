import Migration
import VFIO

extension DeviceFault {
  /// Whether it can happen to a device of this protocol.
  public func applies(to protocol: MigrationProtocol) -> Bool {
    protocols.contains { $0.rawValue == `protocol`.rawValue }
  }
}
