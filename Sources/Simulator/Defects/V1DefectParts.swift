import VFIO

extension Defect {
  /// How protocol v1 moves data, and what the device does meanwhile.
  static let v1Data: [Defect] =
    V1SavingDefects.all + V1ResumingDefects.all + V1QuietDefects.all + V1DirtyDefects.all
}

extension Interference {
  /// Nothing but an eye on device_state of protocol v1: the state that was entered last.
  static func following(_ state: Remembered<V1State>) -> Interference {
    var interference = Interference()
    interference.write = { call, forward in
      let answer = forward(call)
      if case .success = answer, let number = call.state { state.now = V1State(rawValue: number) }
      return answer
    }
    let runs: Interference.Hook<Void, Void> = { _, forward in
      let answer = forward(())
      if case .success = answer { state.now = .running }
      return answer
    }
    (interference.reset, interference.reopen) = (runs, runs)
    return interference
  }
}

extension RegionCall {
  /// Whether this is the data section of protocol v1.
  var isData: Bool { region.isMigration && offset >= MigrationRegion.headerSize }
}

extension Result<[UInt8], DeviceError> {
  /// A register of 8 bytes, made another number.
  func number(_ change: (UInt64) -> UInt64) -> Self {
    map { bytes in
      guard let number: UInt64 = bytes.number(at: 0), bytes.count == 8 else { return bytes }
      return [UInt8](number: change(number))
    }
  }

  /// The number of a register of 8 bytes; nil when it was refused, or is none.
  var number: UInt64? {
    switch self {
    case .success(let bytes): bytes.count == 8 ? bytes.number(at: 0) : nil
    case .failure: nil
    }
  }
}
