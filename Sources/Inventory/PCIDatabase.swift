import Glibc

/// The names of vendors, devices, subsystems and classes, from the file pci.ids (https://pci-ids.ucw.cz).
///
/// The file has some 38,000 lines and a machine needs a handful of them, so one pass over its bytes keeps only those.
public struct PCIDatabase {
  /// Where Debian's package `pci.ids` puts it.
  public static let standardPath = "/usr/share/misc/pci.ids"

  private(set) var vendors: [UInt16: String] = [:]
  /// By vendor and device.
  private(set) var devices: [UInt32: String] = [:]
  /// By vendor, device, subsystem vendor and subsystem device.
  private(set) var subsystems: [UInt64: String] = [:]
  /// By base class, and by base class and subclass together with `subclassFlag`.
  private(set) var classes: [UInt32: String] = [:]

  /// Keeps a subclass apart from a base class: subclass 01 of class 00 is not base class 01.
  private static let subclassFlag: UInt32 = 0x10000

  /// What the file says of `functions`.
  init(path: String, for functions: [PCIFunction]) throws(ReadFailure) {
    let wanted = Wanted(functions)
    var section = Section.vendor(0, isWanted: false)
    var wantedDevice: UInt32?
    try forEachLine(ofFile: path) { line in
      guard let first = line.first, first != UInt8(ascii: "#") else { return }
      if first != UInt8(ascii: "\t") {
        section = begin(line, wanted)
        wantedDevice = nil
        return
      }
      switch section {
      case .vendor(_, isWanted: false), .other: return
      case .vendor(let vendor, isWanted: true):
        if line.dropFirst().first != UInt8(ascii: "\t") {
          wantedDevice = addDevice(line.dropFirst(), of: vendor, wanted)
        } else if let wantedDevice {
          addSubsystem(line.dropFirst(2), of: wantedDevice, wanted)
        }
      case .classCode(let base): addSubclass(line.dropFirst(), of: base)
      }
    }
  }

  /// The names of one function's numbers.
  func names(of function: PCIFunction) -> PCINames {
    let subclass = function.classCode >> 8
    return PCINames(
      vendor: vendors[function.vendor],
      device: devices[function.deviceKey],
      subsystem: subsystems[function.subsystemKey],
      classCode: classes[subclass | PCIDatabase.subclassFlag] ?? classes[subclass >> 8])
  }
}

extension PCIDatabase {
  /// Which lines a machine needs. Classes are few, so all of them are kept.
  private struct Wanted {
    var vendors: Set<UInt16> = []
    var devices: Set<UInt32> = []
    var subsystems: Set<UInt64> = []

    init(_ functions: [PCIFunction]) {
      for function in functions {
        vendors.insert(function.vendor)
        devices.insert(function.deviceKey)
        subsystems.insert(function.subsystemKey)
      }
    }
  }

  /// What the indented lines that follow belong to.
  private enum Section {
    case vendor(UInt16, isWanted: Bool)
    case classCode(UInt32)
    /// A list that is not looked at.
    case other
  }

  /// `8086  Intel Corporation` or `C 02  Network controller`.
  private mutating func begin(_ line: ArraySlice<UInt8>, _ wanted: Wanted) -> Section {
    if let rest = line.dropping(prefix: "C ") {
      guard let (code, name) = entry(rest, digits: 2) else { return .other }
      classes[code] = name()
      return .classCode(code)
    }
    guard let (id, name) = entry(line, digits: 4) else { return .other }
    let vendor = UInt16(id)
    let isWanted = wanted.vendors.contains(vendor)
    if isWanted { vendors[vendor] = name() }
    return .vendor(vendor, isWanted: isWanted)
  }

  private mutating func addDevice(_ line: ArraySlice<UInt8>, of vendor: UInt16, _ wanted: Wanted) -> UInt32? {
    guard let (id, name) = entry(line, digits: 4) else { return nil }
    let key = UInt32(vendor) << 16 | id
    guard wanted.devices.contains(key) else { return nil }
    devices[key] = name()
    return key
  }

  /// `15b3 0008  ConnectX-6 Dx`.
  private mutating func addSubsystem(_ line: ArraySlice<UInt8>, of device: UInt32, _ wanted: Wanted) {
    var reader = HexReader(line.prefix(4))
    guard let vendor = reader.number(upTo: 4), reader.isAtEnd, line.dropFirst(4).first == UInt8(ascii: " "),
      let (id, name) = entry(line.dropFirst(5), digits: 4)
    else { return }
    let key = UInt64(device) << 32 | UInt64(vendor) << 16 | UInt64(id)
    if wanted.subsystems.contains(key) { subsystems[key] = name() }
  }

  private mutating func addSubclass(_ line: ArraySlice<UInt8>, of base: UInt32) {
    // A programming interface has one tab more, so no number begins here.
    guard let (id, name) = entry(line, digits: 2) else { return }
    classes[base << 8 | id | PCIDatabase.subclassFlag] = name()
  }
}

/// A number of so many digits, two blanks, a name. The name is made only when it is asked for.
private func entry(_ line: ArraySlice<UInt8>, digits: Int) -> (UInt32, name: () -> String)? {
  var reader = HexReader(line.prefix(digits))
  guard let number = reader.number(upTo: digits), reader.isAtEnd else { return nil }
  let rest = line.dropFirst(digits)
  guard rest.starts(with: [UInt8(ascii: " "), UInt8(ascii: " ")]) else { return nil }
  return (number, { String(decoding: rest.dropFirst(2), as: UTF8.self) })
}

extension PCIFunction {
  fileprivate var deviceKey: UInt32 { UInt32(vendor) << 16 | UInt32(device) }
  fileprivate var subsystemKey: UInt64 {
    UInt64(deviceKey) << 32 | UInt64(subsystemVendor) << 16 | UInt64(subsystemDevice)
  }
}
