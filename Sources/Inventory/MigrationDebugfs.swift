/// What the kernel tells root of a device's migration in debugfs, also while another process has the device open.
///
/// Source: the kernel's `Documentation/ABI/testing/debugfs-vfio` (`CONFIG_VFIO_DEBUGFS`).
public enum MigrationDebugfs {
  /// The migration state, in the kernel's spelling, such as `STOP_COPY` (Linux 6.8).
  ///
  /// Nil when there is no such file: debugfs is not mounted, the kernel is built without it, or the device can't migrate.
  /// Throws `EACCES` for users other than root, and `EINVAL` when the driver does not tell its state.
  public static func state(of device: DeviceAddress, root: Root = .system) throws(ReadFailure) -> String? {
    try read("state", of: device, root: root)?.trimmed
  }

  /// What the device can do, such as `stop-copy`, `p2p`, `pre-copy` and `dirty-tracking` (Linux 6.18).
  ///
  /// Nil when there is no such file. Throws `EACCES` for users other than root.
  public static func features(of device: DeviceAddress, root: Root = .system) throws(ReadFailure) -> [String]? {
    try read("features", of: device, root: root)?.words
  }

  private static func read(
    _ name: String, of device: DeviceAddress, root: Root
  ) throws(ReadFailure) -> FileText? {
    do throws(ReadFailure) {
      return try FileText(opening: root.appending("sys/kernel/debug/vfio/\(device)/migration/\(name)"))
    } catch  where error.meansGone {
      return nil
    }
  }
}
