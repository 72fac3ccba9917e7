import CVFIO
import Glibc

/// One end of a vfio-user socket: headers leave and come in one piece, descriptors with the message they belong to. It
/// never waits beyond a deadline.
///
/// One thread may send while another receives; two must not do the same at once.
final class WireSocket: Sendable {
  private let passed: PassedDescriptor
  private var descriptor: FileDescriptor { _read { yield passed.descriptor } }

  /// Takes over a connected stream socket.
  init(_ descriptor: consuming FileDescriptor) {
    passed = PassedDescriptor(descriptor)
  }

  /// The socket that came with a message.
  init(sharing passed: PassedDescriptor) {
    self.passed = passed
  }

  /// Connects to the socket at `path`.
  static func connect(to path: String, until deadline: ContinuousClock.Instant) throws(WireError) -> WireSocket {
    while true {
      let number = cu_connect(path)
      if number >= 0 { return WireSocket(FileDescriptor(owning: number)) }
      // Its queue of callers is full: somebody else is being served.
      guard Errno.current == .EAGAIN else { throw .system(.current) }
      guard ContinuousClock.now < deadline else { throw .timedOut }
      usleep(10_000)
    }
  }

  // MARK: sending

  /// Sends a whole message, with descriptors that stay the caller's.
  func send(
    _ header: WireHeader, _ payload: RawSpan, descriptors: [Int32] = [], until deadline: ContinuousClock.Instant
  ) throws(WireError) {
    var raw = header.raw
    var sent = 0
    let total = WireHeader.size + payload.byteCount
    while sent < total {
      let taken = withUnsafeBytes(of: &raw) { head in
        payload.withUnsafeBytes { body in
          let head = UnsafeRawBufferPointer(rebasing: head.dropFirst(sent))
          let body = UnsafeRawBufferPointer(rebasing: body.dropFirst(max(0, sent - WireHeader.size)))
          // Descriptors go with the first byte.
          return cu_send(
            descriptor.borrowed, head.baseAddress, head.count, body.baseAddress, body.count, descriptors,
            sent == 0 ? descriptors.count : 0)
        }
      }
      if taken >= 0 { sent += taken } else { try waitAfterFailure(.writing, until: deadline) }
    }
  }

  // MARK: receiving

  /// Receives the next header, and the descriptors of its message.
  func receiveHeader(
    until deadline: ContinuousClock.Instant?
  ) throws(WireError) -> (header: WireHeader, descriptors: [PassedDescriptor]) {
    var raw = cu_header()
    let descriptors = try withUnsafeMutableBytes(of: &raw) { (bytes) throws(WireError) in
      try receive(bytes, takingDescriptors: true, until: deadline)
    }
    return (WireHeader(raw), descriptors)
  }

  /// Fills `buffer` with what follows.
  func receive(into buffer: inout MutableRawSpan, until deadline: ContinuousClock.Instant?) throws(WireError) {
    _ = try buffer.withUnsafeMutableBytes { (bytes) throws(WireError) in
      try receive(bytes, takingDescriptors: false, until: deadline)
    }
  }

  /// Descriptors come with the first byte of a message; those that come anywhere else are closed.
  private func receive(
    _ buffer: UnsafeMutableRawBufferPointer, takingDescriptors: Bool, until deadline: ContinuousClock.Instant?
  ) throws(WireError) -> [PassedDescriptor] {
    var descriptors: [PassedDescriptor] = []
    var numbers = [Int32](repeating: -1, count: takingDescriptors ? Int(CU_DESCRIPTORS_MAX) : 0)
    var got = 0
    while got < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[got...])
      var count = got == 0 ? numbers.count : 0
      let came = cu_receive(descriptor.borrowed, rest.baseAddress, rest.count, &numbers, &count)
      descriptors += numbers.prefix(count).map(PassedDescriptor.init(owning:))
      if came == 0 { throw .closed }
      if came > 0 { got += came } else { try waitAfterFailure(.reading, until: deadline) }
    }
    return descriptors
  }

  // MARK: waiting

  /// Waits until the other side sends something. False when the deadline came first.
  func wait(until deadline: ContinuousClock.Instant?) throws(WireError) -> Bool {
    try wait(.reading, until: deadline)
  }

  /// Ends both directions: a thread that waits is woken, and everything after it fails.
  func shutdown() {
    _ = Glibc.shutdown(descriptor.borrowed, Int32(SHUT_RDWR))
  }

  /// Waits when that helps, else throws.
  private func waitAfterFailure(
    _ direction: StreamDirection, until deadline: ContinuousClock.Instant?
  ) throws(WireError) {
    let failure = Errno.current
    if failure == .EINTR { return }
    guard failure == .EAGAIN else { throw failure.endsConnection ? .closed : .system(failure) }
    guard try wait(direction, until: deadline) else { throw .timedOut }
  }

  private func wait(_ direction: StreamDirection, until deadline: ContinuousClock.Instant?) throws(WireError) -> Bool {
    do throws(DeviceError) {
      return try descriptor.wait(for: direction, until: deadline, as: .streamWait(direction))
    } catch {
      throw .system(error.errno ?? .EIO)
    }
  }
}

extension Errno {
  /// Whether a send or receive says by this number that nobody is there any more.
  fileprivate var endsConnection: Bool { rawValue == EPIPE || rawValue == ECONNRESET || rawValue == ENOTCONN }
}
