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

  /// Lets `receiveHeader(until:waiting:)` wait for so long in its call.
  func limitWaits(to limit: Duration) {
    cu_limit_waits(descriptor.borrowed, Int(min(max(limit / .milliseconds(1), 1), 1e9).rounded(.up)))
  }

  // MARK: sending

  /// Sends a whole message, whose payload is `payload` and `data` behind it, with descriptors that stay the caller's.
  func send(
    _ header: WireHeader, _ payload: RawSpan, _ data: RawSpan = RawSpan(), descriptors: [Int32] = [],
    until deadline: ContinuousClock.Instant
  ) throws(WireError) {
    var raw = header.raw
    var sent = 0
    let total = WireHeader.size + payload.byteCount + data.byteCount
    while sent < total {
      let taken = withUnsafeBytes(of: &raw) { head in
        payload.withUnsafeBytes { payload in
          data.withUnsafeBytes { data in
            var parts: InlineArray = [iovec(head), iovec(payload), iovec(data)]
            parts.drop(first: sent)
            return parts.span.withUnsafeBufferPointer { parts in
              // Descriptors go with the first byte.
              cu_send(
                descriptor.borrowed, parts.baseAddress, parts.count, descriptors, sent == 0 ? descriptors.count : 0)
            }
          }
        }
      }
      if taken >= 0 { sent += taken } else { try waitAfterFailure(.writing, until: deadline) }
    }
  }

  // MARK: receiving

  /// Receives the next header, and the descriptors of its message.
  ///
  /// - Parameter waiting: whether the call may wait itself, for as long as `limitWaits` has said, which saves two others.
  func receiveHeader(
    until deadline: ContinuousClock.Instant?, waiting: Bool = false
  ) throws(WireError) -> (header: WireHeader, descriptors: [PassedDescriptor]) {
    var raw = cu_header()
    var descriptors: [PassedDescriptor]? = []
    try withUnsafeMutableBytes(of: &raw) { (bytes) throws(WireError) in
      try receive(bytes, descriptors: &descriptors, waiting: waiting, until: deadline)
    }
    return (WireHeader(raw), descriptors ?? [])
  }

  /// Fills `buffer` with what follows.
  func receive(into buffer: inout MutableRawSpan, until deadline: ContinuousClock.Instant?) throws(WireError) {
    try buffer.withUnsafeMutableBytes { (bytes) throws(WireError) in try receive(bytes, until: deadline) }
  }

  /// The same.
  func receive(
    _ buffer: UnsafeMutableRawBufferPointer, until deadline: ContinuousClock.Instant?
  ) throws(WireError) {
    var none: [PassedDescriptor]?
    try receive(buffer, descriptors: &none, waiting: false, until: deadline)
  }

  /// Descriptors come with the first byte of a message; those that come anywhere else are closed.
  private func receive(
    _ buffer: UnsafeMutableRawBufferPointer, descriptors: inout [PassedDescriptor]?, waiting: Bool,
    until deadline: ContinuousClock.Instant?
  ) throws(WireError) {
    var numbers = InlineArray<64, Int32>(repeating: -1)
    var span = numbers.mutableSpan
    let failure = span.withUnsafeMutableBufferPointer { (numbers) -> WireError? in
      do throws(WireError) {
        var got = 0
        while got < buffer.count {
          var count = got == 0 && descriptors != nil ? numbers.count : 0
          let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[got...])
          let waits = deadline == nil || waiting && got == 0
          let came = cu_receive(
            descriptor.borrowed, rest.baseAddress, rest.count, numbers.baseAddress, &count, waits)
          for number in numbers.prefix(count) { descriptors?.append(PassedDescriptor(owning: number)) }
          if came == 0 { throw .closed }
          if came > 0 { got += came } else { try waitAfterFailure(.reading, until: deadline) }
        }
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
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

extension iovec {
  fileprivate init(_ bytes: UnsafeRawBufferPointer) {
    self.init(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
  }
}

extension InlineArray<3, iovec> {
  /// Leaves out what has been sent.
  fileprivate mutating func drop(first count: Int) {
    var rest = count
    for index in indices {
      let dropped = Swift.min(rest, self[index].iov_len)
      self[index].iov_base = self[index].iov_base.map { $0 + dropped }
      self[index].iov_len -= dropped
      rest -= dropped
    }
  }
}
