import Migration
import VFIO

/// What the kernel says of a device in debugfs.
enum V2Debugfs {
  static let checks: [Check] = [
    Check("V2-DBG-01") { (bench) throws(Untried) in
      let v2 = try V2Bench(bench)
      let before = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
      guard let word = bench.surroundings.debugfs().state else { throw Untried("debugfs says nothing of the device") }
      let after = try bench.need(v2.state(), "GET MIG_DEVICE_STATE")
      guard before == after else { throw Untried("the state has changed meanwhile") }
      return word == before.protocolName
        ? .kept("Both migration/state and GET say \(word).")
        : .broken("migration/state says \(word), GET says \(before.protocolName).")
    },
    Check("V2-DBG-02") { (bench) throws(Untried) in
      let flags = try V2Bench(bench).flags
      guard let lines = bench.surroundings.debugfs().features else {
        throw Untried("debugfs has no features of the device")
      }
      let said = Set(lines).intersection(V2Flags([.stopCopy, .p2p, .preCopy]).names)
      return said == Set(flags.names)
        ? .kept("migration/features and the flags both have \(flags.names.joined(separator: ", ")).")
        : .broken(
          "migration/features has \(said.sorted().joined(separator: ", ")), the flags are \(flags.names.joined(separator: ", "))."
        )
    },
  ]
}
