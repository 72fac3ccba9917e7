import Glibc

/// A walk over the descriptors of processes, with what it has found.
struct HolderSearch {
  let nodes: Set<String>
  /// The names, in sysfs, of the devices looked for.
  let devices: Set<String>
  private(set) var found: [Holder] = []
  private(set) var unreadable = 0

  init(nodes: Set<String>, devices: Set<String>) {
    self.nodes = nodes
    self.devices = devices
  }

  /// Looks into one process. One that ends meanwhile holds nothing any more.
  mutating func look(into pid: Int32, of proc: borrowing Folder) {
    do throws(ReadFailure) {
      let process = try proc.folder("\(pid)")
      let descriptors = try process.folder("fd")
      for fd in try descriptors.names().compactMap({ Int32($0) }).sorted() {
        guard let target = target(of: fd, descriptors, process) else { continue }
        found.append(
          Holder(
            pid: pid, command: (try? process.read("comm").trimmed) ?? "", controlGroup: controlGroup(of: process),
            fd: fd, target: target))
      }
    } catch {
      if !error.meansGone { unreadable += 1 }
    }
  }

  private func target(of fd: Int32, _ descriptors: borrowing Folder, _ process: borrowing Folder) -> Holder.Target? {
    guard let link = try? descriptors.link("\(fd)") else { return nil }
    // A node that was removed while it is open is still held.
    let path = link.hasSuffix(" (deleted)") ? String(link.dropLast(10)) : link
    if nodes.contains(path) { return .node(path) }
    guard link.holds("vfio"), let info = try? process.read("fdinfo/\(fd)"),
      let line = info.value(after: "vfio-device-syspath:")
    else { return nil }
    let place = String(decoding: line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }, as: UTF8.self)
    return devices.contains(lastComponent(place)) ? .device(place) : nil
  }

  /// Of the lines `0::/system.slice/x.service`, the one of control groups version 2, or else the first.
  private func controlGroup(of process: borrowing Folder) -> String? {
    guard let text = try? process.read("cgroup") else { return nil }
    let line = text.value(after: "0::") ?? text.bytes.prefix { $0 != UInt8(ascii: "\n") }
    return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  }
}
