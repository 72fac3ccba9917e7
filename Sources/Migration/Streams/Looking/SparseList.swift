/// A thing in a stream.
public protocol StreamItem: Sendable {
  /// Where it begins, in bytes of the data.
  var start: UInt64 { get }
}

/// What a step of a reader has led to.
public enum ReaderStep<Item> {
  /// The next thing.
  case item(Item)
  /// Nothing yet: take another step.
  case nothing
  /// There is no more.
  case end
}

/// Finds things in a stream one after the other, in short steps. A copy goes on from where it was made.
public protocol StreamItemReader {
  /// What it finds; each begins behind the one before.
  associatedtype Item: StreamItem

  /// Looks a bit further.
  mutating func step() throws(StreamFault) -> ReaderStep<Item>

  /// A copy to keep, without bytes that can be read again.
  var kept: Self { get }
}

extension StreamItemReader {
  /// All of it, for a reader that holds no bytes.
  public var kept: Self { self }
}

/// Things of a stream by their numbers, however many there are: only some of their places are kept, and the things
/// between are read again when they are asked for.
public final class SparseList<Reader: StreamItemReader> {
  /// A place between two things, and a reader that goes on from there.
  private struct Place {
    var reader: Reader
    /// The number of the thing that comes next.
    var index: Int
    /// Where the thing before it begins; of a mark, where the thing behind it begins.
    var start: UInt64
  }

  /// How many have been found so far.
  public private(set) var count = 0
  /// Whether all have been found.
  public private(set) var isWhole = false

  private var front: Reader
  /// The places before the things 0, `stride`, 2 · `stride` and so on.
  private var marks: [Place] = []
  private var stride = 1
  private let limit: Int
  /// Where the last search ended: the next is often not far from there.
  private var recent: Place?

  /// A list of what `reader` finds, which keeps `limit` places.
  public init(_ reader: Reader, limit: Int = 16 << 10) {
    front = reader
    self.limit = limit
  }

  /// Looks further, so many steps, until `wanted` things are known, or to the end.
  public func advance(steps: Int = .max, until wanted: Int = .max) throws(StreamFault) {
    var left = steps
    while left > 0, count < wanted, !isWhole {
      left -= 1
      let before = count.isMultiple(of: stride) ? front.kept : nil
      switch try front.step() {
      case .item(let item): found(item, before)
      case .nothing: break
      case .end: isWhole = true
      }
    }
  }

  private func found(_ item: Reader.Item, _ before: Reader?) {
    if let before { marks.append(Place(reader: before, index: count, start: item.start)) }
    count += 1
    guard marks.count > limit else { return }
    stride *= 2
    marks = marks.filter { $0.index.isMultiple(of: stride) }
  }

  /// The things from this number on, `count` of them or as many as have been found.
  public func items(from first: Int, count wanted: Int) throws(StreamFault) -> [Reader.Item] {
    let end = min(count, first + wanted)
    guard first < end else { return [] }
    var place = marks[first / stride]
    if let recent, recent.index <= first, recent.index > place.index { place = recent }
    var items: [Reader.Item] = []
    loop: while place.index < end {
      switch try place.reader.step() {
      case .item(let item):
        if place.index >= first { items.append(item) }
        place.index += 1
        place.start = item.start
      case .nothing: break
      case .end: break loop
      }
    }
    recent = place
    return items
  }

  /// The last thing that begins at this offset or before it, and its number; nil when all begin behind it.
  public func last(at offset: UInt64) throws(StreamFault) -> (index: Int, item: Reader.Item)? {
    guard var place = mark(at: offset) else { return nil }
    var last: (Int, Reader.Item)?
    loop: while place.index < count {
      let before = place
      switch try place.reader.step() {
      case .item(let item):
        guard item.start <= offset else {
          recent = before
          break loop
        }
        last = (place.index, item)
        place.index += 1
        place.start = item.start
      case .nothing: break
      case .end: break loop
      }
    }
    return last
  }

  private func mark(at offset: UInt64) -> Place? {
    var (low, high) = (0, marks.count)
    while low < high {
      let middle = (low + high) / 2
      if marks[middle].start <= offset { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : marks[low - 1]
  }
}
