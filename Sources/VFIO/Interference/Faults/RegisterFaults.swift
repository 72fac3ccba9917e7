/// Faults of the registers of protocol v1.
extension DeviceFault {
  private typealias Register = MigrationRegion.Register

  static let registers: [DeviceFault] = [
    DeviceFault(
      "pending-for-ever", [.v1], what: "Always says that bytes are pending, also when it has given all.",
      expected: "Ends at a bound of bytes or time and says so."
    ) { _ in
      register(Register.pendingBytes) { max($0, 4096) }
    },
    DeviceFault(
      "pending-comes-back", [.v1],
      what: "Says now and then that nothing is pending, and that there is more the next time.",
      expected: "Takes 0 for the end only when the device has stopped."
    ) { _ in
      let count = Remembered(0)
      return register(Register.pendingBytes) { value in
        let looks = count.change { count in
          count += 1
          return count
        }
        return looks.isMultiple(of: 3) ? 0 : value
      }
    },
    DeviceFault(
      "size-zero", [.v1], what: "Says that the chunk in its window has 0 bytes though bytes are pending.",
      expected: "Takes it for nothing now, asks again a bounded number of times, and never for the end."
    ) { _ in
      // The device is not asked: it would take the chunk for known, and the next look at pending_bytes for its end.
      var interference = Interference()
      interference.read = { call, forward in
        guard call.register == Register.dataSize, call.count == 8 else { return forward(call) }
        return .success([UInt8](number: UInt64(0)))
      }
      return interference
    },
    DeviceFault(
      "size-outside", [.v1], what: "Says that a chunk is larger than its region.",
      expected: "Refuses the chunk and does not read beyond the region."
    ) { _ in
      register(Register.dataSize) { _ in 1 << 40 }
    },
    DeviceFault(
      "offset-zero", [.v1], what: "Says that its data window lies at 0, over the registers.",
      expected: "Refuses the window."
    ) { _ in
      register(Register.dataOffset) { _ in 0 }
    },
    DeviceFault(
      "offset-outside", [.v1], what: "Says that its data window lies beyond the end of the region.",
      expected: "Refuses the window."
    ) { _ in
      register(Register.dataOffset) { _ in 1 << 40 }
    },
    DeviceFault(
      "offset-moves", [.v1], what: "Says another place for its data window each time it is asked.",
      expected: "Notices it, or uses what it was told last for this chunk, and never a place outside the region."
    ) { _ in
      let count = Remembered(0 as UInt64)
      return register(Register.dataOffset) { value in
        value
          + count.change { count in
            count += 8
            return count
          }
      }
    },
  ]

  /// Changes what a register of 8 bytes reads as.
  private static func register(_ offset: UInt64, _ value: @escaping @Sendable (UInt64) -> UInt64) -> Interference {
    var interference = Interference()
    interference.read = { call, forward in
      guard call.register == offset, call.count == 8 else { return forward(call) }
      return forward(call).map { [UInt8](number: value($0.number(at: 0) ?? 0)) }
    }
    return interference
  }
}
