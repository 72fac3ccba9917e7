/// One line of the tree of groups and devices.
struct GroupsRow {
  enum ID: Hashable {
    case group(Int)
    case device(String)
  }

  let id: ID
  let group: ListedGroup?
  let device: ListedDevice?
  let isLast: Bool
}

extension GroupsRow {
  /// The rows of a listing that match a filter: fixed strings in any case; `|` between them means or.
  static func all(of listing: Listing, filter: String) -> [GroupsRow] {
    let terms = filter.lowercased().split(separator: "|")
    var rows: [GroupsRow] = []
    for group in listing.groups {
      let devices = group.devices.filter { matches($0, group, terms) }
      guard !devices.isEmpty || (filter.isEmpty && group.devices.isEmpty) else { continue }
      rows.append(GroupsRow(id: .group(group.number), group: group, device: nil, isLast: false))
      rows += children(devices, of: group)
    }
    return rows + children(listing.ungrouped.filter { matches($0, nil, terms) }, of: nil)
  }

  private static func children(_ devices: [ListedDevice], of group: ListedGroup?) -> [GroupsRow] {
    devices.enumerated().map { index, device in
      GroupsRow(id: .device(device.address), group: group, device: device, isLast: index == devices.count - 1)
    }
  }

  private static func matches(_ device: ListedDevice, _ group: ListedGroup?, _ terms: [Substring]) -> Bool {
    guard !terms.isEmpty else { return true }
    let text = [
      group.map { "group \($0.number) \($0.type ?? "") \($0.verdict)" }, device.address, device.driver, device.summary,
    ].compactMap { $0 }.joined(separator: " ").lowercased()
    return terms.contains { text.contains($0) }
  }
}
