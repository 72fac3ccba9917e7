import Inspector
import Migration
import VFIO

/// Sockets in the output of `list`.
extension [ListedSocket] {
  /// Lines for people; none when there are no sockets.
  var text: [String] {
    guard !isEmpty else { return [] }
    let heading = ["SOCKET", "PCI", "VFIO-USER", "STATE", "MIGRATION"]
    return columns([heading] + map(\.cells)).map(printable)
  }
}

extension ListedSocket {
  fileprivate var cells: [String] {
    switch finding {
    case .failed(let why): [path, "-", "-", "-", "no answer: \(why)"]
    case .device(let facts):
      [
        path, facts.identity ?? "-", facts.migration?.generation ?? "-", facts.migration?.state ?? "-",
        facts.migration?.words ?? "none",
      ]
    }
  }

  /// The socket for programs. What was not found is null; `error` says why nothing was.
  var json: JSON {
    let facts: Facts? = if case .device(let facts) = finding { facts } else { nil }
    let error: String? = if case .failed(let why) = finding { why } else { nil }
    let migration = facts?.migration
    return .object([
      "path": .string(path),
      "error": JSON(error),
      "vendor_id": JSON(facts?.vendorID.map { "0x" + hexadecimal($0, digits: 4) }),
      "device_id": JSON(facts?.deviceID.map { "0x" + hexadecimal($0, digits: 4) }),
      "migrates": facts.map { .bool($0.migration != nil) } ?? .null,
      "generation": JSON(migration?.generation),
      "protocol": JSON(migration?.protocol.rawValue),
      "flags": JSON(migration?.flags ?? []),
      "data_ways": JSON(migration.map { ["message"] + ($0.isMapped ? ["map"] : []) } ?? []),
      "state": JSON(migration?.state),
    ])
  }
}

extension ListedSocket.Facts {
  fileprivate var identity: String? {
    vendorID.flatMap { vendor in
      deviceID.map { "\(hexadecimal(vendor, digits: 4)):\(hexadecimal($0, digits: 4))" }
    }
  }
}

extension ListedSocket.Migration {
  fileprivate var words: String {
    let ways = isMapped ? "by message or map" : "by message"
    // Whether it can be mapped is said already.
    let optional = flags.filter { $0 != "map" }
    return "\(self.protocol.rawValue) \(ways)" + (optional.isEmpty ? "" : " (\(optional.joined(separator: ", ")))")
  }
}
