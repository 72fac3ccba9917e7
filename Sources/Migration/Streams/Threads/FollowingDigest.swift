import Dispatch
import Synchronization
import VFIO

/// A SHA-256 of what is in a file, made by a second thread some way behind the thread that writes it, and by whoever asks
/// for it as far as that thread has not come.
///
/// A device that is faster than one processor's SHA-256 does not wait for it. The second thread only has the time nobody
/// else wants, and however far it is behind, it takes no memory: what it still has to read is in the file.
final class FollowingDigest {
  /// As many new bytes are worth waking a thread for.
  private static let step: UInt64 = 256 << 10

  private let written: StreamDescriptor
  private let shared: Shared
  /// Where the second thread was last told to go; nil when there is none yet.
  private var told: UInt64?

  /// Follows what is written by a descriptor that can be read as well, from `start` on.
  ///
  /// - Parameter framed: whether there are frames, of whose chunks the digest is to be made, or plain bytes.
  init(_ written: StreamDescriptor, from start: UInt64, framed: Bool) throws(StreamFault) {
    self.written = written
    nonisolated(unsafe) let follower = Follower(
      try StreamDescriptor(copying: written), start, ChunkPayloads(framed: framed))
    shared = Shared(follower)
  }

  deinit {
    shared.end()
  }

  /// More may have been written. Called after each write.
  func follow() {
    guard written.position >= (told ?? 0) + Self.step else { return }
    if told == nil { _ = runWhenIdle { [shared] in shared.run() } }
    told = written.position
    shared.go(to: written.position)
  }

  /// The digest of all that has been written: 32 bytes.
  ///
  /// - Parameter goesOn: called with the bytes that are left before each bit of them; false gives up.
  func finish(_ goesOn: (_ left: UInt64) -> Bool = { _ in true }) throws(StreamFault) -> [UInt8] {
    shared.end()
    shared.go(to: written.position)
    while case let left = shared.left, left > 0 {
      guard goesOn(left) else {
        throw StreamFault(
          written.name, .refused,
          "given up before its SHA-256 was made (--checksums crc32c makes none); the device goes on")
      }
      guard shared.step() else { break }
    }
    return try shared.result.get()
  }

  private final class Shared: Sendable {
    /// How far the file may be read.
    private let goal = Atomic<UInt64>(0)
    private let isOver = Atomic(false)
    /// Signalled when either has changed.
    private let change = DispatchSemaphore(value: 0)
    /// Taken for one step: the second thread is never far from letting it go.
    private let lock = Mutex(())
    private nonisolated(unsafe) let follower: Follower

    init(_ follower: sending Follower) {
      self.follower = follower
    }

    func go(to goal: UInt64) {
      self.goal.store(goal, ordering: .sequentiallyConsistent)
      change.signal()
    }

    func end() {
      isOver.store(true, ordering: .sequentiallyConsistent)
      change.signal()
    }

    /// What the second thread does.
    func run() {
      while !isOver.load(ordering: .sequentiallyConsistent) {
        change.wait()
        while !isOver.load(ordering: .sequentiallyConsistent) && step() {}
      }
    }

    /// Goes on for a bit; false when there is nothing to be done.
    func step() -> Bool { lock.withLock { _ in follower.step(to: goal.load(ordering: .sequentiallyConsistent)) } }

    /// Bytes that have not been read.
    var left: UInt64 { lock.withLock { _ in goal.load(ordering: .sequentiallyConsistent) - follower.position } }

    var result: Result<[UInt8], StreamFault> { lock.withLock { _ in follower.result } }
  }
}

/// How far a file was read, and what came of it.
private final class Follower {
  private static let most: UInt64 = 256 << 10

  private let file: StreamDescriptor
  private(set) var position: UInt64
  private var chunks: ChunkPayloads
  private var sha256 = SHA256()
  private var buffer = ChunkBuffer()
  private var fault: StreamFault?

  init(_ file: StreamDescriptor, _ start: UInt64, _ chunks: ChunkPayloads) {
    self.file = file
    position = start
    self.chunks = chunks
  }

  var result: Result<[UInt8], StreamFault> { fault.map { .failure($0) } ?? .success(sha256.digest()) }

  func step(to goal: UInt64) -> Bool {
    guard fault == nil, position < goal else { return false }
    let count = Int(min(goal - position, Self.most))
    do throws(StreamFault) {
      try buffer.fill(0..<count) { (bytes) throws(StreamFault) in try file.readAll(of: &bytes, at: position) }
      buffer.hand(count) { bytes in chunks.find(in: bytes) { sha256.update($0) } }
      position += UInt64(count)
    } catch {
      fault = error
    }
    return true
  }
}

/// Finds the bytes of chunks among those of a stream, which come in pieces of any length.
struct ChunkPayloads {
  private let framed: Bool
  /// What is there of a frame's head.
  private var head: [UInt8] = []
  /// Bytes that are missing of a chunk.
  private var payload = 0
  /// Bytes behind it that are no chunk's.
  private var other = 0

  /// In a stream of frames, or in plain bytes, which are all a chunk's.
  init(framed: Bool) {
    self.framed = framed
  }

  /// Hands out those of the chunks.
  mutating func find(in bytes: RawSpan, _ take: (RawSpan) -> Void) {
    guard framed else { return take(bytes) }
    var rest = bytes
    while !rest.isEmpty {
      let part: RawSpan
      if payload > 0 {
        part = rest.extracting(first: payload)
        take(part)
        payload -= part.byteCount
      } else if other > 0 {
        part = rest.extracting(first: other)
        other -= part.byteCount
      } else {
        part = rest.extracting(first: StreamFrame.headSize - head.count)
        part.withUnsafeBytes { head += $0 }
        begin()
      }
      rest = rest.extracting(droppingFirst: part.byteCount)
    }
  }

  /// Begins a payload when its head is all there.
  private mutating func begin() {
    guard head.count == StreamFrame.headSize else { return }
    // Its checksums are not looked at: these are the bytes that have just been written.
    let frame = StreamFrame(type: head.little(at: 0) ?? 0, length: Int(head.little(at: 4) as UInt32? ?? 0), checksum: 0)
    (payload, other) = frame.isChunk ? (Int(frame.length), frame.tail) : (0, Int(frame.length))
    head.removeAll(keepingCapacity: true)
  }
}
