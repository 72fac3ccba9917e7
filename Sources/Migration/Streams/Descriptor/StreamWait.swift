import Glibc
import Synchronization

/// The wait for a pipe, a socket or a terminal, which somebody else can see and end: the program at its other end may
/// stand still for as long as it likes, while a device is stopped here.
public final class StreamWait: Sendable {
  /// What has not moved for how long.
  public struct Standstill: Sendable, Equatable {
    /// The file, as faults call it.
    public let name: String
    /// Whether it takes nothing; otherwise it gives nothing.
    public let isWriting: Bool
    /// Since it was waited for, with nothing moved.
    public let time: Duration
  }

  /// Says why nobody waits any longer; nil goes on.
  public typealias Judge = @Sendable (Standstill) -> String?

  /// A look at whoever may end it, this often: in milliseconds.
  private static let pace: Int32 = 100

  /// In a structure: a mutex that holds a function itself wraps it once more with each look, and each call takes longer.
  private struct Asked {
    let judge: Judge
  }

  private let asked = Mutex<Asked?>(nil)

  /// From now on this is asked, ten times a second, on the thread that waits. Until then it waits for ever.
  func ask(_ judge: @escaping Judge) { asked.withLock { $0 = Asked(judge: judge) } }

  /// Waits until a call on this descriptor would not block, or would fail at once.
  ///
  /// - Parameters:
  ///   - readiness: `POLLIN` or `POLLOUT`.
  ///   - position: of the stream, for the fault.
  /// - Throws: a fault of kind `givenUp` that has the reason.
  func wait(for number: Int32, _ readiness: Int32, name: String, position: UInt64) throws(StreamFault) {
    let start = ContinuousClock.now
    var wanted = pollfd(fd: number, events: Int16(readiness), revents: 0)
    repeat {
      let standstill = Standstill(
        name: name, isWriting: readiness == POLLOUT, time: start.duration(to: .now))
      if let why = asked.withLock({ $0 })?.judge(standstill) {
        throw StreamFault(name, at: position, .givenUp, why)
      }
    } while poll(&wanted, 1, Self.pace) <= 0
  }
}
