import Glibc
import VFIO

/// What the descriptor of a data session answers, as the kernel and the drivers of protocol v2 do.
extension Machine {
  /// `EBADF` for a descriptor that is closed or was never given out.
  mutating func answer(_ question: StreamQuestion, _ dataFD: Int32) throws(Refusal) -> StreamReply {
    guard let direction = dataFDs.direction(dataFD) else { throw Refusal(.EBADF) }
    switch question {
    case .descriptorFlags: return StreamReply(number: Int(FD_CLOEXEC))
    // It is opened as a stream (`stream_open`): there are no positions.
    case .seek, .positionedRead: throw Refusal(.ESPIPE)
    case .readiness: return StreamReply(number: direction == .saving ? Int(POLLIN) : 0)
    case .precopyInfo(let argsz, _):
      guard argsz >= 24 else { throw Refusal(.EINVAL) }
      return StreamReply(number: 0, bytes: bytes(of: try precopyInfo(dataFD), argsz: argsz))
    case .foreignControl: throw Refusal(.ENOTTY)
    }
  }

  /// What the caller has put into the flags does not come back.
  private func bytes(of info: PrecopyInfo, argsz: UInt32) -> [UInt8] {
    [UInt8](number: argsz) + [UInt8](number: info.flags) + [UInt8](number: info.initialBytes)
      + [UInt8](number: info.dirtyBytes)
  }
}
