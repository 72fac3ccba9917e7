import VFIO

/// How the migration region is found.
enum V1Discovery {
  static let checks: [Check] = [
    Check("V1-DISC-01") { (bench) throws(Untried) in
      let regions = try bench.need(Answer { () throws(DeviceError) in try bench.device.regions() }, "GET_REGION_INFO")
      let found = regions.filter(\.isMigration).map(\.index)
      return found.isEmpty
        ? .broken("No region has the type {3, 1}.") : .kept("Region \(found[0]) has the type {3, 1}.")
    },
    Check("V1-DISC-03") { (bench) throws(Untried) in
      let flags = try V1Bench(bench).region.flags
      return flags.isSuperset(of: [.read, .write])
        ? .kept("The region can be read and written.")
        : .broken("The region's flags are 0x\(hexadecimal(flags.rawValue)): it can't be both read and written.")
    },
  ]
}
