import Glibc
import VFIO

/// Where a stream is written to. After a fault it is not used any more.
public protocol ByteSink: AnyObject {
  /// Writes all of these bytes.
  func write(_ bytes: RawSpan) throws(StreamFault)

  /// Writes all of `head` and of `body` behind it, in one call where that can be done.
  func write(_ head: RawSpan, _ body: RawSpan) throws(StreamFault)

  /// Brings to its place what was written, for whoever reads it while more is to come.
  func flush() throws(StreamFault)

  /// The stream is all there.
  func finish() throws(StreamFault)

  /// The stream won't be finished: leaves nothing behind that looks as if it were.
  func abandon()

  /// Lets others end the wait for whoever takes the bytes; nil when there is none.
  var wait: StreamWait? { get }
}

extension ByteSink {
  /// Two writes.
  public func write(_ head: RawSpan, _ body: RawSpan) throws(StreamFault) {
    try write(head)
    try write(body)
  }

  /// All that was written is in its place.
  public func flush() {}

  /// Nobody is waited for.
  public var wait: StreamWait? { nil }
}

/// A pipe, a socket or a terminal, usually the standard output. It is not closed.
public final class DescriptorSink: ByteSink {
  private let descriptor: StreamDescriptor

  /// A sink on this descriptor, which faults call by `name`.
  public init(_ number: Int32 = STDOUT_FILENO, name: String = "standard output") {
    descriptor = StreamDescriptor(borrowing: number, name: name)
  }

  /// The wait for the program at the other end.
  public var wait: StreamWait? { descriptor.wait }

  /// Writes all of these bytes; a reader that has gone is a fault with `EPIPE`, not a signal.
  public func write(_ bytes: RawSpan) throws(StreamFault) {
    try write(bytes, RawSpan())
  }

  /// Writes all of both.
  public func write(_ head: RawSpan, _ body: RawSpan) throws(StreamFault) {
    try withoutPipeSignal { () throws(StreamFault) in try descriptor.write(head, body) }
  }

  /// Nothing is to be done.
  public func finish() {}

  /// What has gone can't be taken back: the reader sees a stream without its end.
  public func abandon() {}
}

extension StreamDescriptor {
  func write(_ head: RawSpan, _ body: RawSpan) throws(StreamFault) {
    var fault: StreamFault?
    // The standard library's withUnsafeBytes can't hand on a typed error through two levels.
    head.withUnsafeBytes { head in
      body.withUnsafeBytes { body in
        do throws(StreamFault) { try write(head, body) } catch { fault = error }
      }
    }
    if let fault { throw fault }
  }
}

/// Writes without the signal that ends the program when the reader has gone: a device must not be left in the middle.
private func withoutPipeSignal(_ body: () throws(StreamFault) -> Void) throws(StreamFault) {
  var pipe = sigset_t()
  var before = sigset_t()
  sigemptyset(&pipe)
  sigaddset(&pipe, SIGPIPE)
  pthread_sigmask(SIG_BLOCK, &pipe, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  do throws(StreamFault) {
    try body()
  } catch {
    // The signal waits for this thread by now; take it away before it can come through.
    if error.errno?.rawValue == EPIPE && sigismember(&before, SIGPIPE) == 0 {
      var now = timespec()
      sigtimedwait(&pipe, nil, &now)
    }
    throw error
  }
}
