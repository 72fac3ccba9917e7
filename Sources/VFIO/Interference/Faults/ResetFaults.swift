/// Faults of the reset.
extension DeviceFault {
  static let resets: [DeviceFault] = [
    DeviceFault(
      "refuse-reset", value: "ERRNO[/N]", example: "EBUSY/1",
      what: "Refuses a reset with an errno: every time, or the N-th time.",
      expected: "Says that the reset failed and where the device is; does not take it for reset."
    ) { text in
      let parts = text.split(separator: "/").map(String.init)
      guard parts.count == 1 || parts.count == 2, let errno = Errno(name: parts[0]) else { return nil }
      let wanted = parts.count == 2 ? Int(parts[1]) : 0
      guard let wanted, wanted >= 0 else { return nil }
      let count = Remembered(0)
      return resetting { forward in
        let times = count.change { count in
          count += 1
          return count
        }
        return wanted == 0 || times == wanted ? .failure(DeviceError(.reset, errno)) : forward()
      }
    },
    DeviceFault(
      "ignore-reset", what: "Says that it was reset, and stays as it is.",
      expected: "Reads the state back and does not take the device for reset."
    ) { _ in
      resetting { _ in .success(()) }
    },
    DeviceFault(
      "forget-reset", what: "Does not say that it can be reset, though it can.",
      expected: "Tries the reset all the same when the user asks for it."
    ) { _ in
      var interference = Interference()
      interference.info = { _, forward in
        forward(()).map {
          DeviceInfo(
            flags: $0.flags & ~DeviceInfo.flagReset, regionCount: $0.regionCount, interruptCount: $0.interruptCount)
        }
      }
      return interference
    },
  ]

  private static func resetting(
    _ body: @escaping @Sendable (() -> Result<Void, DeviceError>) -> Result<Void, DeviceError>
  ) -> Interference {
    var interference = Interference()
    interference.reset = { _, forward in body { forward(()) } }
    return interference
  }
}
