/// What is too large for one message goes in parts, of which some are on their way at once, so that the way there and back
/// is not paid for each.
extension VFIOUserConnection {
  /// How many commands are on their way at most.
  private static let depth = 4

  /// Moves `count` bytes in parts of `size`. A part that fails or is short ends it.
  ///
  /// - Parameters:
  ///   - post: sends the command for a part.
  ///   - take: waits for the reply; says how many bytes were moved.
  /// - Returns: how many bytes were moved from the first one on. Fails when none were.
  func move(
    _ count: Int, inPartsOf size: Int, post: (Range<Int>) throws(DeviceError) -> UInt16,
    take: (_ id: UInt16, Range<Int>) throws(DeviceError) -> Int
  ) throws(DeviceError) -> Int {
    if count <= size { return try take(try post(0..<count), 0..<count) }
    var waiting: [(id: UInt16, part: Range<Int>)] = []
    defer { forget(waiting.map(\.id)) }
    var (posted, done) = (0, 0)
    while done < count {
      while posted < count, waiting.count < Self.depth {
        let part = posted..<min(count, posted + size)
        waiting.append((try post(part), part))
        posted = part.upperBound
      }
      let (id, part) = waiting.removeFirst()
      let moved: Int
      do throws(DeviceError) {
        moved = try take(id, part)
      } catch {
        // What failed is told when it is asked for again.
        guard done > 0 else { throw error }
        return done
      }
      done += moved
      guard moved == part.count else { return done }
    }
    return done
  }
}
