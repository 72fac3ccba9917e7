import Migration
import VFIO

/// How the migration region is found.
enum V1Discovery {
  static let checks: [Check] = [
    Check("V1-DISC-01") { (bench) throws(Untried) in
      let found = try migrationRegions(bench)
      return found.isEmpty
        ? .broken("No region has the type {3, 1}.") : .kept("Region \(found[0].index) has the type {3, 1}.")
    },
    Check("V1-DISC-02", asksTwice),
    Check("V1-DISC-03") { (bench) throws(Untried) in
      let flags = try V1Bench(bench).described().flags
      return flags.isSuperset(of: [.read, .write])
        ? .kept("The region can be read and written.")
        : .broken("The region's flags are 0x\(hexadecimal(flags.rawValue)): it can't be both read and written.")
    },
    Check("V1-DISC-04") { (bench) throws(Untried) in
      let size = try V1Bench(bench).described().size
      return size > MigrationRegion.headerSize
        ? .kept("The region has \(size) bytes.") : .broken("The region has \(size) bytes: there is no room for data.")
    },
    Check("V1-DISC-05") { (bench) throws(Untried) in
      let v1 = try V1Bench(bench)
      let (used, said) = (v1.region.offset, try v1.described().offset)
      return used == said
        ? .kept("The region lies at 0x\(hexadecimal(said)), and this program uses it there.")
        : .broken("The region lies at 0x\(hexadecimal(said)), and this program uses 0x\(hexadecimal(used)).")
    },
    Check("V1-DISC-06") { (bench) throws(Untried) in
      guard try bench.info().flags & DeviceInfo.flagPCI != 0 else { throw Untried("the device is no PCI device") }
      let index = try V1Bench(bench).region.index
      return index >= firstFreeIndex
        ? .kept("It is region \(index).") : .broken("It is region \(index), which has a fixed meaning on a PCI device.")
    },
    Check("V1-DISC-07") { (bench) throws(Untried) in
      let found = try migrationRegions(bench)
      let numbers = found.map { "\($0.index)" }.joined(separator: ", ")
      return .seen(
        "\(counted(found.count, "region")) of this type: \(found.count == 1 ? "number" : "numbers") \(numbers).")
    },
    Check("V1-DISC-08") { (bench) throws(Untried) in
      let info = try bench.info()
      return info.saysReset
        ? .kept("GET_INFO says that the device can be reset.")
        : .broken("The flags in GET_INFO are 0x\(hexadecimal(info.flags)): RESET is not among them.")
    },
  ]

  /// `VFIO_PCI_NUM_REGIONS`: the regions below have fixed meanings.
  private static let firstFreeIndex: UInt32 = 9

  private static func migrationRegions(_ bench: Bench) throws(Untried) -> [Region] {
    try bench.need(Answer { () throws(DeviceError) in try bench.device.regions() }, "GET_REGION_INFO")
      .filter(\.isMigration)
  }

  /// This program describes the region, and its calls are looked at.
  private static func asksTwice(_ bench: Bench) throws(Untried) -> Outcome {
    let v1 = try V1Bench(bench)
    let first = bench.journal.count
    _ = try v1.described()
    let calls = bench.accesses(since: first).compactMap { access -> (given: Int, needed: Int)? in
      guard case .regionInfo(v1.region.index, let argsz) = access.operation else { return nil }
      return (argsz, Int(access.payload.number(UInt32.self, at: 0) ?? 0))
    }
    guard let call = calls.first else { throw Untried("the journal does not hold the call") }
    guard call.needed > call.given else {
      return .kept("The answer of \(call.needed) bytes fitted into a buffer of \(call.given).")
    }
    return calls.dropFirst().contains { $0.given == call.needed }
      ? .kept(
        "The first answer asked for \(call.needed) bytes instead of \(call.given), and got them in a second call.")
      : .broken("The first answer asked for \(call.needed) bytes instead of \(call.given), and no such call followed.")
  }
}

extension V1Bench {
  /// The migration region as the device describes it now.
  func described() throws(Untried) -> Region {
    let index = region.index
    return try bench.need(Answer { () throws(DeviceError) in try device.region(index) }, "GET_REGION_INFO")
  }
}
