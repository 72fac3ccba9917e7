/// Faults of state changes, and of the state that is read.
extension DeviceFault {
  static let states: [DeviceFault] = [
    DeviceFault(
      "refuse-state", value: "STATE/ERRNO[/N]", example: "stop-copy/EIO/2",
      what: "Refuses a state with an errno: every time, or the N-th time. It stays where it is.",
      expected: "Reads the state back, tells the errno and where the device is."
    ) { refusing($0) },
    DeviceFault(
      "ignore-state", value: "STATE", example: "stop-copy",
      what: "Says that it has taken a state, and stays where it is.",
      expected: "Reads the state back and does not go on as if it had been reached."
    ) { ignoring($0) },
    DeviceFault(
      "hang", value: "STATE", example: "stop-copy",
      what: "A request for a state does not come back until the fault is switched off.",
      expected: "Shows how long it has waited, gives up in time, and says in which state the device was last seen."
    ) { hanging($0) },
    DeviceFault(
      "change-alone", value: "STATE/N", example: "error/3",
      what: "Shows another state from the N-th look on, though nobody asked for it.",
      expected: "Shows the new state as it is, and takes the device for broken when it is ERROR."
    ) { changing($0) },
    DeviceFault(
      "unreadable-state", what: "Answers EIO when its state is read.",
      expected: "Takes the state for unknown and asks for nothing but a reset."
    ) { _ in
      lookingAtState { _, refused in refused(.EIO) }
    },
    DeviceFault(
      "unknown-state", value: "NUMBER", example: "9", what: "Shows a number that is no state.",
      expected: "Shows the number and takes it for no state it knows."
    ) { text in
      UInt32(text).map { number in lookingAtState { _, _ in .success(number) } }
    },
    DeviceFault(
      "die", what: "Is gone: every call answers ENODEV.", expected: "Ends cleanly and says that the device is gone.",
      takesDeviceAway: true
    ) { _ in
      dying()
    },
  ]

  private static func number(_ word: String) -> (v1: UInt32?, v2: UInt32?)? {
    let numbers = (V1State(name: word)?.rawValue, V2State(name: word)?.rawValue)
    return numbers.0 == nil && numbers.1 == nil ? nil : numbers
  }

  /// Around every request for a state, whichever protocol makes it: `body` says whether it is passed on.
  private static func asking(
    for state: (v1: UInt32?, v2: UInt32?), _ body: @escaping @Sendable () -> Verdict
  ) -> Interference {
    var interference = Interference()
    interference.write = { call, forward in
      guard let asked = call.state, asked == state.v1 else { return forward(call) }
      return switch body() {
      case .pass: forward(call)
      case .refuse(let errno): .failure(call.refused(errno))
      case .pretend: .success(call.bytes.count)
      }
    }
    interference.feature = { call, forward in
      guard let asked = call.state, asked.rawValue == state.v2 else { return forward(call) }
      return switch body() {
      case .pass: forward(call)
      case .refuse(let errno): call.refused(errno)
      case .pretend: FeatureAnswer(data: call.data)
      }
    }
    return interference
  }

  private enum Verdict {
    case pass, pretend
    case refuse(Errno)
  }

  private static func refusing(_ text: String) -> Interference? {
    let parts = text.split(separator: "/").map(String.init)
    guard parts.count == 2 || parts.count == 3, let state = number(parts[0]), let errno = Errno(name: parts[1]) else {
      return nil
    }
    let wanted = parts.count == 3 ? Int(parts[2]) : 0
    guard let wanted, wanted >= 0 else { return nil }
    let count = Remembered(0)
    return asking(for: state) {
      let times = count.change { count in
        count += 1
        return count
      }
      return wanted == 0 || times == wanted ? .refuse(errno) : .pass
    }
  }

  private static func ignoring(_ text: String) -> Interference? {
    number(text).map { state in asking(for: state) { .pretend } }
  }

  private static func hanging(_ text: String) -> Interference? {
    guard let state = number(text) else { return nil }
    let hold = Hold()
    var interference = asking(for: state) {
      hold.wait()
      return .pass
    }
    interference.ended = { hold.release() }
    return interference
  }

  private static func changing(_ text: String) -> Interference? {
    let parts = text.split(separator: "/").map(String.init)
    guard parts.count == 2, let state = number(parts[0]), let first = Int(parts[1]), first > 0 else { return nil }
    let count = Remembered(0)
    return lookingAtState { protocolIs, _ in
      let looks = count.change { count in
        count += 1
        return count
      }
      let number = protocolIs == .v1 ? state.v1 : state.v2
      return looks < first ? nil : number.map { .success($0) }
    }
  }

  /// Around every look at the state: `body` gives another answer, or nil for the device's own.
  private static func lookingAtState(
    _ body: @escaping @Sendable (Protocols, (Errno) -> Result<UInt32, DeviceError>) -> Result<UInt32, DeviceError>?
  ) -> Interference {
    var interference = Interference()
    interference.read = { call, forward in
      guard call.register == MigrationRegion.Register.deviceState else { return forward(call) }
      guard let answer = body(.v1, { .failure(call.refused($0)) }) else { return forward(call) }
      return answer.map([UInt8].init(number:))
    }
    interference.feature = { call, forward in
      guard call.is(.get, .migDeviceState) else { return forward(call) }
      let operation = Operation.feature(argsz: call.argsz, flags: call.flags.rawValue)
      switch body(.v2, { .failure(DeviceError(operation, $0)) }) {
      case nil: return forward(call)
      case .success(let number)?:
        var answer = forward(call)
        if answer.data.count >= 4 { answer.data.put(number: number, at: 0) }
        return answer
      case .failure(let failure)?: return FeatureAnswer(data: call.data, failure: failure)
      }
    }
    return interference
  }

  private static func dying() -> Interference {
    var interference = Interference()
    interference.info = { _, _ in .failure(DeviceError(.deviceInfo, .ENODEV)) }
    interference.regionInfo = { call, _ in .failure(call.refused(.ENODEV)) }
    interference.read = { call, _ in .failure(call.refused(.ENODEV)) }
    interference.write = { call, _ in .failure(call.refused(.ENODEV)) }
    interference.feature = { call, _ in call.refused(.ENODEV) }
    interference.reset = { _, _ in .failure(DeviceError(.reset, .ENODEV)) }
    interference.reopen = { _, _ in .failure(DeviceError(.reopen, .ENODEV)) }
    interference.streamRead = { count, _ in .failure(DeviceError(.streamRead(count: count), .ENODEV)) }
    interference.streamWrite = { bytes, _ in .failure(DeviceError(.streamWrite(count: bytes.count), .ENODEV)) }
    interference.precopyInfo = { _, _ in .failure(DeviceError(.precopyInfo, .ENODEV)) }
    return interference
  }
}
