import VFIO

/// One arc of the state machine: a change that a driver makes in one go.
public struct Arc: Hashable, Sendable {
  /// Where it starts.
  public let from: State
  /// Where it leads.
  public let to: State
}

/// The arcs of protocol v2 and the paths that a request takes over them.
///
/// The arcs are those the kernel asks of a driver (linux/vfio.h, `enum vfio_device_mig_state`); the path of a request is
/// searched for by the rules given there: the shortest one, and no state with a data session on the way.
public struct V2Arcs: Sendable, Equatable {
  /// The states that share one saving session: a change among them keeps the data fd.
  static let savingGroup: Set<V2State> = [.preCopy, .preCopyP2P, .stopCopy]

  /// An arc and the flags that decide whether a device has it.
  private struct Rule {
    let from: V2State
    let to: V2State
    var needs: V2Flags = []
    var without: V2Flags = []
  }

  private static let rules: [Rule] = [
    Rule(from: .resuming, to: .stop),
    Rule(from: .stop, to: .resuming),
    Rule(from: .stop, to: .stopCopy),
    Rule(from: .stopCopy, to: .stop),
    Rule(from: .running, to: .stop, without: .p2p),
    Rule(from: .stop, to: .running, without: .p2p),
    Rule(from: .running, to: .runningP2P, needs: .p2p),
    Rule(from: .runningP2P, to: .running, needs: .p2p),
    Rule(from: .runningP2P, to: .stop, needs: .p2p),
    Rule(from: .stop, to: .runningP2P, needs: .p2p),
    Rule(from: .running, to: .preCopy, needs: .preCopy),
    Rule(from: .preCopy, to: .running, needs: .preCopy),
    Rule(from: .preCopy, to: .stopCopy, needs: .preCopy, without: .p2p),
    Rule(from: .preCopy, to: .preCopyP2P, needs: [.preCopy, .p2p]),
    Rule(from: .preCopyP2P, to: .preCopy, needs: [.preCopy, .p2p]),
    Rule(from: .preCopyP2P, to: .runningP2P, needs: [.preCopy, .p2p]),
    Rule(from: .preCopyP2P, to: .stopCopy, needs: [.preCopy, .p2p]),
    Rule(from: .runningP2P, to: .preCopyP2P, needs: [.preCopy, .p2p]),
  ]

  /// Arcs whose last step opens a data session: the request then returns a new data fd.
  private static let opening: Set<[V2State]> = [
    [.running, .preCopy], [.runningP2P, .preCopyP2P], [.stop, .stopCopy], [.stop, .resuming],
  ]

  /// Where each arc leads, by where it starts.
  private let next: [V2State: [V2State]]

  /// The arcs of a device with these flags.
  public init(flags: V2Flags) {
    var next: [V2State: [V2State]] = [:]
    for rule in Self.rules where flags.isSuperset(of: rule.needs) && flags.isDisjoint(with: rule.without) {
      next[rule.from, default: []].append(rule.to)
    }
    self.next = next
  }

  /// The states that the device has, ERROR apart, in the protocol's order.
  public var states: [V2State] { V2State.known.filter { next[$0] != nil } }

  /// All arcs.
  public var all: [Arc] {
    states.flatMap { from in (next[from] ?? []).map { Arc(from: .v2(from), to: .v2($0)) } }
  }

  /// The states a request goes through, both ends included: one state when nothing changes, nil when the request is
  /// refused.
  public func path(from start: V2State, to goal: V2State) -> [V2State]? {
    guard next[start] != nil, next[goal] != nil else { return nil }
    // Once the device has stopped for the copy, going back to pre-copy is blocked, although arcs would lead there.
    if start == .stopCopy && goal != .stopCopy && Self.savingGroup.contains(goal) { return nil }
    var open = [[start]]
    var seen: Set<V2State> = [start]
    while !open.isEmpty {
      if let found = open.first(where: { $0.last == goal }) { return found }
      open = open.flatMap { path in
        (path.last.flatMap { next[$0] } ?? [])
          .filter { ($0 == goal || mayPass($0, from: start, to: goal)) && seen.insert($0).inserted }
          .map { path + [$0] }
      }
    }
    return nil
  }

  /// A state with a data session is on the way only when the request stays inside the saving group.
  private func mayPass(_ state: V2State, from start: V2State, to goal: V2State) -> Bool {
    if state == .resuming { return false }
    let inside = Self.savingGroup.contains(start) && Self.savingGroup.contains(goal)
    return Self.savingGroup.contains(state) == inside
  }

  /// Whether a request over this path returns a new data fd.
  public static func opensSession(_ path: [V2State]) -> Bool {
    opening.contains(path.suffix(2))
  }

  /// Whether a request over this path ends the data session that is open at its start.
  public static func endsSession(_ path: [V2State]) -> Bool {
    guard let start = path.first, path.count > 1 else { return false }
    if start == .resuming { return true }
    return savingGroup.contains(start) && !path.allSatisfy(savingGroup.contains)
  }
}
