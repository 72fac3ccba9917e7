import VFIO

/// Devices of protocol v2 that answer `VFIO_DEVICE_FEATURE` as they should not.
enum V2DiscoveryDefects {
  static let all: [Defect] = [
    Defect("V2-DISC-05") {
      var interference = Interference()
      interference.feature = { call, forward in
        var known = call
        known.flags = FeatureFlags(rawValue: call.flags.rawValue & 0x7_FFFF)
        return forward(known)
      }
      return interference
    }
  ]
}
