import Migration

/// What save, load and migrate print as JSON when a call does not come back. The thread that knows how much has been moved
/// does not come back either: what it knows is null.
struct HungTransfer {
  let command: String
  let devices: [WatchedDevice]
  /// The device that does not answer, by its place.
  let device: Int
  /// What does not come back.
  let why: String

  /// The report as JSON, with the keys of `TransferOutput`.
  var json: JSON {
    .object([
      "schema": .string("vfioscope.\(command)/1"),
      "devices": .array(devices.map(json)),
      "result": .string("error"),
      "error": .string(why),
      "error_device": devices.count > 1 ? .string(devices[device].name) : .null,
      "bytes": .null, "chunks": .null, "duration_us": .null, "rate_bytes_per_s": .null, "downtime_us": .null,
      "sha256": .null, "pre_copy": .null, "reinit": .null, "phases": .null, "forced": .null,
    ])
  }

  /// The state is the one last seen.
  private func json(of device: WatchedDevice) -> JSON {
    let reset = device.journal.lastStep.flatMap { $0.requested == .reset ? JSON.bool($0.isDone) : nil }
    return .object([
      "role": .string(device.role), "device": .string(device.name), "state": JSON(device.journal.lastState?.name),
      "sha256": .null, "reset": reset ?? .null,
    ])
  }
}
