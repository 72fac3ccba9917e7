import VFIO

/// The data fd of protocol v2.
extension Machine {
  /// Up to `buffer.byteCount` bytes. 0 is the end in STOP_COPY; ENOMSG means that there is nothing for now, EAGAIN that
  /// the data are not ready.
  mutating func readStream(_ dataFD: Int32, into buffer: inout MutableRawSpan) throws(Refusal) -> Int {
    guard dataFDs.direction(dataFD) == .saving else { throw Refusal(.EBADF) }
    guard dataFD == dataFDs.current else { throw Refusal(.ENODEV) }
    guard !dataFDs.stall() else { throw Refusal(.EAGAIN) }
    let preCopy = traits.isPreCopy
    let got = saving?.take(into: &buffer, limit: buffer.byteCount, of: memory, stopped: !preCopy) ?? 0
    guard got > 0 || buffer.byteCount == 0 || !preCopy else { throw Refusal(.ENOMSG) }
    try spend(got)
    try count(got)
    return got
  }

  /// Takes all of `buffer`; EINVAL when the bytes can't be right.
  mutating func writeStream(_ dataFD: Int32, from buffer: RawSpan) throws(Refusal) -> Int {
    guard dataFDs.direction(dataFD) == .resuming else { throw Refusal(.EBADF) }
    guard dataFD == dataFDs.current else { throw Refusal(.ENODEV) }
    try loading?.take(buffer, into: &memory)
    try count(buffer.byteCount)
    return buffer.byteCount
  }

  /// Every fd that is open is ready: the next call answers at once.
  func waitForStream(_ dataFD: Int32) throws(Refusal) -> Bool {
    guard dataFDs.direction(dataFD) != nil else { throw Refusal(.EBADF) }
    return true
  }

  /// `VFIO_MIG_GET_PRECOPY_INFO`: EINVAL in all states but PRE_COPY and PRE_COPY_P2P.
  mutating func precopyInfo(_ dataFD: Int32) throws(Refusal) -> PrecopyInfo {
    guard dataFDs.direction(dataFD) != nil else { throw Refusal(.EBADF) }
    guard dataFD == dataFDs.current else { throw Refusal(.ENODEV) }
    guard traits.isPreCopy, let info = saving?.precopyInfo() else { throw Refusal(.EINVAL) }
    return info
  }
}
