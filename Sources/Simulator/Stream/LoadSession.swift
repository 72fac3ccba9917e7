import VFIO

/// The data session of a device that is being loaded.
struct LoadSession: Sendable {
  private var reader = StreamReader()
  /// What was wrong. A stream that was bad once stays so: its bytes are gone.
  private(set) var fault: StreamFault?

  /// What leaving RESUMING finds.
  enum Result: Equatable {
    case nothing, complete, bad
  }

  var result: Result {
    if fault != nil { return .bad }
    if reader.isEmpty { return .nothing }
    return reader.isComplete ? .complete : .bad
  }

  /// Takes the next bytes; EINVAL when they can't be right.
  mutating func take(_ bytes: RawSpan, into memory: inout DeviceMemory) throws(Refusal) {
    guard fault == nil else { throw Refusal(.EINVAL) }
    do throws(StreamFault) {
      try reader.take(bytes, into: &memory)
    } catch {
      fault = error
      throw Refusal(.EINVAL)
    }
  }
}
