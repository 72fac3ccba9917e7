/// Faults of what a device says of its regions. They show when a device is opened.
extension DeviceFault {
  static let descriptions: [DeviceFault] = [
    DeviceFault(
      "region-size", value: "BYTES", example: "32", [.v1],
      what: "Says that its migration region has so many bytes.",
      expected: "Refuses a region that does not hold the registers."
    ) { text in
      UInt64(text).map { size in changingRegion { $0.put(number: size, at: 16) } }
    },
    DeviceFault(
      "capabilities-nowhere", [.v1], what: "Says that its migration region has capabilities, and that they begin at 0.",
      expected: "Takes the region for one without capabilities."
    ) { _ in
      changingRegion { $0.put(number: UInt32(0), at: 12) }
    },
    DeviceFault(
      "capabilities-loop", [.v1], what: "Lets its capabilities point back at themselves.",
      expected: "Ends the walk and says that the chain is wrong."
    ) { _ in
      changingRegion { $0.put(number: UInt32(32), at: 36) }
    },
    DeviceFault(
      "capabilities-outside", [.v1], what: "Lets a capability point outside of the answer.",
      expected: "Ends the walk and says that the chain is wrong."
    ) { _ in
      changingRegion { $0.put(number: UInt32(1 << 20), at: 36) }
    },
  ]

  /// Changes the description of a region that has capabilities, which among a device's regions is the migration region.
  private static func changingRegion(_ change: @escaping @Sendable (inout [UInt8]) -> Void) -> Interference {
    var interference = Interference()
    interference.regionInfo = { call, forward in
      forward(call).map { reply in
        guard let start: UInt32 = reply.number(at: 12), start == 32, reply.count >= 40 else { return reply }
        var changed = reply
        change(&changed)
        return changed
      }
    }
    return interference
  }
}
