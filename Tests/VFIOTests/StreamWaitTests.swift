import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import VFIO

/// The kernel's data fd, on a pipe that stands for it.
@Suite struct StreamWaitTests {
  private let reading: KernelStream
  private let writing: KernelStream

  init() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    reading = KernelStream(FileDescriptor(owning: ends[0]))
    writing = KernelStream(FileDescriptor(owning: ends[1]))
  }

  private func errno(_ call: () throws -> some Any) -> Errno? {
    (#expect(throws: DeviceError.self) { _ = try call() })?.errno
  }

  private func read(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    let got = try reading.read(into: &raw)
    return Array(bytes.prefix(got))
  }

  private func write(_ bytes: [UInt8]) throws -> Int { try writing.write(bytes.span.bytes) }

  private func fill() throws {
    let many = [UInt8](repeating: 7, count: 1 << 16)
    #expect(errno { while try write(many) > 0 {} } == .EAGAIN)
  }

  /// Does something while the test waits, on a thread of its own: the tests' threads are few, and may all be waiting.
  private func soon(_ action: @escaping @Sendable () -> Void) {
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20), execute: action)
  }

  @Test func aReadThatWouldWaitAnswersAtOnce() {
    #expect(errno { try read(8) } == .EAGAIN)
  }

  @Test func aWriteThatWouldWaitAnswersAtOnce() throws {
    try fill()
  }

  @Test func waitingEndsAtTheDeadlineAndNotBefore() throws {
    let start = ContinuousClock.now
    #expect(try reading.wait(for: .reading, until: start + .microseconds(30_500)) == false)
    #expect(start.duration(to: .now) >= .microseconds(30_500))
  }

  @Test func aDeadlineThatIsOverLetsItLookOnce() throws {
    let over = ContinuousClock.now - .seconds(3600)
    #expect(try reading.wait(for: .reading, until: over) == false)
    #expect(try writing.wait(for: .writing, until: over))
    _ = try write([1])
    #expect(try reading.wait(for: .reading, until: over))
  }

  @Test func dataThatComeEndTheWait() throws {
    soon { _ = try? write([1, 2]) }
    #expect(try reading.wait(for: .reading, until: nil))
    #expect(try read(8) == [1, 2])
  }

  @Test func roomThatComesEndsTheWait() throws {
    try fill()
    #expect(try writing.wait(for: .writing, until: .now) == false)
    soon { _ = try? read(1 << 16) }
    #expect(try writing.wait(for: .writing, until: nil))
  }

  @Test func theEndOfTheDataEndsTheWaitToo() throws {
    writing.close()
    #expect(try reading.wait(for: .reading, until: nil))
    #expect(try read(8).isEmpty)
  }

  @Test func aWaitThatCanNeverSucceedEndsAndTheNextCallSaysWhy() throws {
    try fill()
    reading.close()
    signal(SIGPIPE, SIG_IGN)
    #expect(try writing.wait(for: .writing, until: nil))
    #expect(throws: DeviceError.self) { try write([1]) }
  }

  @Test func aSignalDoesNotEndTheWait() throws {
    let counting = SignalCounter()
    let waiting = pthread_self()
    let sent = DispatchSemaphore(value: 0)
    soon {
      pthread_kill(waiting, SignalCounter.number)
      sent.signal()
    }
    let start = ContinuousClock.now
    let ready = try reading.wait(for: .reading, until: start + .milliseconds(60))
    #expect(start.duration(to: .now) >= .milliseconds(60))
    #expect(!ready)
    sent.wait()
    #expect(counting.count > 0)
    counting.stop()
  }

  @Test func waitingOnAClosedStreamIsRefused() {
    reading.close()
    #expect(errno { try reading.wait(for: .reading, until: nil) } == .EBADF)
  }

  @Test func aWaitIsRecordedWithItsResult() throws {
    let recording = Recording()
    let stream = RecordingStream(reading, recorder: recording)
    #expect(try stream.wait(for: .reading, until: .now) == false)
    _ = try write([1])
    #expect(try stream.wait(for: .reading, until: .now))
    #expect(recording.accesses.map(\.operation) == [.streamWait(.reading), .streamWait(.reading)])
    #expect(recording.accesses.map(\.result) == [0, 1])
    #expect(recording.accesses[0].operation.description == "wait for data fd, reading")
  }
}

/// Counts a signal that is sent to this thread, which calls that wait are interrupted by.
private struct SignalCounter {
  static let number = SIGUSR1
  private static let seen = Atomic(0)

  private var blocked = sigset_t()

  init() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in SignalCounter.seen.add(1, ordering: .relaxed) }
    sigaction(Self.number, &action, nil)
    // Threads of a pool block it.
    var mask = sigset_t()
    sigaddset(&mask, Self.number)
    pthread_sigmask(SIG_UNBLOCK, &mask, &blocked)
  }

  var count: Int { Self.seen.load(ordering: .relaxed) }

  /// Leaves the thread as it was. A signal that comes later is still counted: it must not end the program.
  func stop() {
    var blocked = blocked
    pthread_sigmask(SIG_SETMASK, &blocked, nil)
  }
}
