/// A group as the kernel lists it, before its devices are gathered.
struct FoundGroup {
  let number: Int
  var type: String?
  var name: String?
}

extension Scan {
  /// Finds the IOMMU groups, lowest number first.
  ///
  /// Which devices they hold is known from the devices, each of which links to its group: with thousands of groups that is
  /// several times faster than listing each one's folder.
  mutating func groups() -> [FoundGroup] {
    // A kernel without IOMMU support has no such folder; `IOMMUStatus` says so.
    let names = root.listing("sys/kernel/iommu_groups", noting: &notices) ?? []
    var found: [FoundGroup] = []
    for part in inParallel(names, { [root] in Scan.groups($0, root: root) }) {
      found += part.found
      notices += part.notices
    }
    // A device's group may be newer than the list.
    let missing = Set(devices.compactMap(\.group)).subtracting(found.map(\.number))
    found += missing.map { FoundGroup(number: $0) }
    return found.sorted { $0.number < $1.number }
  }

  private static func groups(_ names: ArraySlice<String>, root: Root) -> (found: [FoundGroup], notices: [Notice]) {
    var part = Scan(root: root)
    var found: [FoundGroup] = []
    do throws(ReadFailure) {
      let folder = try root.folder("sys/kernel/iommu_groups")
      for name in names {
        if let number = Int(name), number >= 0 {
          found.append(part.group(number, in: folder))
        } else {
          let problem = Notice.Problem.malformed(expected: "a group's number as its name")
          part.notices.append(Notice(path: folder.appending(name), problem: problem))
        }
      }
    } catch {
      part.note(error)
    }
    return (found, part.notices)
  }

  private mutating func group(_ number: Int, in folder: borrowing Folder) -> FoundGroup {
    let type = folder.readIfThere("\(number)/type", noting: &notices)?.trimmed
    var group = FoundGroup(number: number, type: type)
    // Only groups without a default domain have a name, and such are few: VFIO's own, and PowerPC's.
    if type == nil || type == "unknown" {
      group.name = folder.readIfThere("\(number)/name", noting: &notices)?.trimmed
    }
    return group
  }

  /// The group that the device's link `iommu_group` names, or nil.
  mutating func groupNumber(at place: String, in folder: borrowing Folder) -> Int? {
    guard let name = folder.linkedNameIfThere("\(place)/iommu_group", noting: &notices) else { return nil }
    if let number = Int(name), number >= 0 { return number }
    notices.append(
      Notice(path: folder.appending("\(place)/iommu_group"), problem: .malformed(expected: "a link to an IOMMU group")))
    return nil
  }
}
