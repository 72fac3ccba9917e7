import Terminal

/// A device that can take another one's data.
struct Destination {
  let reference: DeviceReference
  let name: String
  let what: String

  /// The other devices that VFIO has, but for those of which is known that they can't be it.
  static func all(for source: DeviceReference, _ store: Store) -> [Destination] {
    let ours = store.status(source)?.facts?.protocol
    let listed = store.listing.devices.filter { device in
      guard device.isVFIO, device.reference != source else { return false }
      guard let status = store.status(device.reference), status.phase != .closed else { return true }
      if case .withoutMigration = status.phase { return false }
      return status.facts.map { $0.protocol == ours } ?? true
    }
    return listed.map { Destination(reference: $0.reference, name: $0.address, what: $0.summary) }
      + (source.twin.map { [Destination(reference: $0, name: "\($0)", what: "another simulated device")] } ?? [])
  }

  /// Draws them as a list.
  static func draw(
    _ destinations: [Destination], selecting index: Int, on canvas: inout Canvas, in list: Rectangle
  ) {
    if destinations.isEmpty { canvas.putFitted("There is no other device here.", in: list, style: .dim) }
    let first = max(0, index - list.height + 1)
    for (offset, destination) in destinations.dropFirst(first).prefix(list.height).enumerated() {
      let place = Rectangle(row: list.row + offset, column: list.column, height: 1, width: list.width)
      let (left, right) = place.split(columns: max(16, place.width - destination.what.count - 1))
      canvas.putFitted(destination.name, in: left)
      canvas.putRight(destination.what, in: right, style: .dim)
      if first + offset == index { canvas.select(place) }
    }
  }
}

extension DeviceReference {
  /// A simulated device like this one, without its first state and its faults, and with other memory; nil for others.
  var twin: DeviceReference? {
    guard case .simulated(let text) = self else { return nil }
    let parts = text.split(separator: ",")
    let own = ["seed=", "state=", "fail=", "hang=", "fault=", "defect="]
    let seed = parts.contains("seed=2") ? "seed=3" : "seed=2"
    let kept = parts.filter { part in !own.contains { part.hasPrefix($0) } }
    return .simulated((kept.map(String.init) + [seed]).joined(separator: ","))
  }
}
