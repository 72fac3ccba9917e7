import Testing
import VFIO

@testable import Simulator

@Suite("device_state of protocol v2")
struct V2PathTests {
  static let allFlags: [UInt64] = [1, 3, 5, 7]
  static let cases = allFlags.flatMap { flags in V2Paths.paths(flags).map { (flags, $0) } }
  static let states: [UInt64: Set<V2State>] = [
    1: [.stop, .running, .stopCopy, .resuming],
    3: [.stop, .running, .stopCopy, .resuming, .runningP2P],
    5: [.stop, .running, .stopCopy, .resuming, .preCopy],
    7: [.stop, .running, .stopCopy, .resuming, .runningP2P, .preCopy, .preCopyP2P],
  ]

  private func device(_ flags: UInt64, in state: V2State, _ more: String = "") throws -> V2Device {
    try V2Device("flags=\(flags),state=\(state.name),no-data=accept,bad-data=stay" + more)
  }

  @Test("is RUNNING at first", arguments: allFlags)
  func initial(flags: UInt64) throws {
    #expect(try V2Device("flags=\(flags)").state == .running)
  }

  @Test("reaches what is asked, with a new fd exactly where the table says", arguments: cases)
  func reached(flags: UInt64, path: V2Paths.Path) throws {
    let v2 = try device(flags, in: path.from)
    let fd = try v2.set(path.to)
    #expect(try v2.state == path.to)
    #expect((fd >= 1000) == path.givesFD)
    #expect((fd == -1) == !path.givesFD)
  }

  @Test("goes the table's way: a step that fails leaves the device where the walk stood", arguments: cases)
  func stepByStep(flags: UInt64, path: V2Paths.Path) throws {
    for (before, step) in zip(path.states, path.states.dropFirst()) {
      let v2 = try device(flags, in: path.from, ",fail=\(step.name):EBUSY")
      #expect(refusal { try v2.set(path.to) } == .EBUSY)
      #expect(try v2.state == before)
    }
  }

  @Test("has as many arcs as the kernel's table", arguments: [(1, 6), (3, 8), (5, 9), (7, 15)] as [(UInt64, Int)])
  func arcs(flags: UInt64, count: Int) throws {
    let table = try ProfileCatalog.profile(named: "v2-reference").transitions
    var arcs: Set<[UInt32]> = []
    for path in V2Paths.paths(flags) {
      var state = path.from.rawValue
      while state != path.to.rawValue {
        let next = try table.step(from: state, to: path.to.rawValue, with: V2Flags(rawValue: flags))
        arcs.insert([state, next])
        state = next
      }
    }
    #expect(arcs.count == count)
  }

  @Test("refuses every state that is not in the table and keeps the old one", arguments: allFlags)
  func refused(flags: UInt64) throws {
    let states = try #require(Self.states[flags])
    for from in states {
      let reachable = V2Paths.paths(flags).filter { $0.from == from }.map(\.to)
      #expect(V2Paths.paths(flags).count >= states.count)
      for number in Array(0...9) + [0xFFFF_FFFF] as [UInt32] {
        let to = V2State(rawValue: number)
        guard to != from, !reachable.contains(to) else { continue }
        let v2 = try device(flags, in: from)
        #expect(refusal { try v2.set(to) } == .EINVAL, "\(from.name) to \(to.name)")
        #expect(try v2.state == from)
      }
    }
  }

  @Test("blocks only the way from STOP_COPY back into pre-copy", arguments: allFlags)
  func blocked(flags: UInt64) throws {
    let states = try #require(Self.states[flags])
    let all = states.flatMap { from in states.subtracting([from]).map { [from, $0] } }
    let reached = Set(V2Paths.paths(flags).map { [$0.from, $0.to] })
    let blocked = Set(all).subtracting(reached)
    #expect(blocked == Set([V2State.preCopy, .preCopyP2P].filter(states.contains).map { [.stopCopy, $0] }))
  }

  @Test("may be SET to what it is, without a new fd and without harm to the session", arguments: allFlags)
  func same(flags: UInt64) throws {
    for state in try #require(Self.states[flags]) {
      let v2 = try device(flags, in: state, ",fail=\(state.name):EIO")
      #expect(try v2.set(state) == -1)
      #expect(try v2.state == state)
    }
    let v2 = try V2Device("flags=\(flags)")
    let stream = try v2.open(.stopCopy)
    let start = try stream.read(1000)
    try v2.set(.stopCopy)
    #expect(try start + stream.drain() == V2Device("flags=\(flags)").saved())
  }

  @Test("is RUNNING after a reset in every state", arguments: states[7, default: []].union([.error]))
  func reset(state: V2State) throws {
    let v2 = try device(7, in: state)
    #expect(try v2.state == state)
    try v2.device.reset()
    #expect(try v2.state == .running)
  }

  @Test("leaves ERROR by reset only")
  func error() throws {
    let v2 = try device(7, in: .error)
    for state in V2State.known { #expect(refusal { try v2.set(state) } == .EINVAL) }
    #expect(try v2.state == .error)
    try v2.device.reset()
    try v2.set(.stop)
    #expect(try v2.state == .stop)
  }
}
