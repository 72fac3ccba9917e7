import Terminal

/// A device that can take another one's data.
struct Destination {
  let reference: DeviceReference
  let name: String
  let what: String
  /// Why it can't take the source's data, in a few words; nil when it may.
  let misfit: String?

  /// The other devices that VFIO has.
  static func all(for source: DeviceReference, _ store: Store) -> [Destination] {
    let listed = store.listing.devices.filter { $0.isVFIO && $0.reference != source }.map { device in
      Destination(
        reference: device.reference, name: device.address, what: device.summary,
        misfit: store.misfit(of: device.reference, insteadOf: source))
    }
    let twin = source.twin.map {
      Destination(
        reference: $0, name: "\($0)", what: "another simulated device", misfit: store.misfit(of: $0, insteadOf: source))
    }
    return listed + [twin].compactMap { $0 }
  }

  /// Draws them as a list.
  static func draw(
    _ destinations: [Destination], selecting index: Int, on canvas: inout Canvas, in list: Rectangle
  ) {
    if destinations.isEmpty { canvas.putFitted("There is no other device here.", in: list, style: .dim) }
    let first = max(0, index - list.height + 1)
    for (offset, destination) in destinations.dropFirst(first).prefix(list.height).enumerated() {
      let place = Rectangle(row: list.row + offset, column: list.column, height: 1, width: list.width)
      let what = destination.misfit.map { "\(canvas.glyphs.failure) \($0)" } ?? destination.what
      let (left, right) = place.split(columns: max(16, place.width - what.count - 1))
      canvas.putFitted(destination.name, in: left, style: destination.misfit == nil ? .normal : .dim)
      canvas.putRight(what, in: right, style: destination.misfit == nil ? .dim : .warning)
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
