/// A scan under way: what has been found so far. Each file beside this one adds one kind of fact.
struct Scan {
  let root: Root
  var devices: [Device] = []
  var notices: [Notice] = []
  private var indices: [DeviceAddress: Int] = [:]

  init(root: Root) { self.root = root }

  mutating func add(_ device: Device) {
    indices[device.address] = devices.count
    devices.append(device)
  }

  /// Adds what another part of the scan has found.
  mutating func absorb(_ part: Scan) {
    for device in part.devices { add(device) }
    notices += part.notices
  }

  func index(of address: DeviceAddress) -> Int? { indices[address] }

  /// The device of this name, on whichever bus it is.
  func index(named name: String) -> Int? {
    if let address = DeviceAddress(name) { return indices[address] }
    return devices.firstIndex { $0.address.description == name }
  }

  /// Notes a failure to read something that was listed a moment ago.
  mutating func note(_ failure: ReadFailure) { notices.append(Notice(failure)) }
}
