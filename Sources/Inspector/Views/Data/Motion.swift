import Terminal

/// Where a key moves to in a list or a text.
enum Motion {
  case lines(Int)
  case pages(Int)
  case start
  case end

  init?(_ key: Key) {
    switch key {
    case .up, .character("k"): self = .lines(-1)
    case .down, .character("j"): self = .lines(1)
    case .wheelUp: self = .lines(-3)
    case .wheelDown: self = .lines(3)
    case .pageUp, .control("b"): self = .pages(-1)
    case .pageDown, .control("f"), .character(" "): self = .pages(1)
    case .home, .character("g"): self = .start
    case .end, .character("G"): self = .end
    default: return nil
    }
  }

  /// The offset it leads to when bytes are scrolled by rows, no further than to a full screen of them.
  func scrolled(_ sight: Sight, _ place: Aim.Place, count: UInt64) -> UInt64 {
    let columns = UInt64(sight.aim.columns)
    // A key may come before the one before it has been answered.
    let offset = if case .offset(let offset) = place { offset } else { sight.line }
    let now = Int(min(offset, max(count, 1) - 1) / columns)
    let rows = max(now + 1, Int((count + columns - 1) / columns) - sight.aim.hexRows + 1)
    return UInt64(applied(to: now, count: rows, page: max(1, sight.aim.hexRows - 1))) * columns
  }

  /// The number it leads to from another, of so many.
  func applied(to number: Int, count: Int, page: Int) -> Int {
    let target =
      switch self {
      case .lines(let lines): number + lines
      case .pages(let pages): number + pages * page
      case .start: 0
      case .end: count - 1
      }
    return max(0, min(target, count - 1))
  }
}
