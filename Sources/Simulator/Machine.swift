import VFIO

/// What is behind a simulated device's registers: its state, its memory and its data session.
struct Machine: Sendable {
  let profile: Profile
  let options: Options
  let gate: Gate
  let clock: @Sendable () -> ContinuousClock.Instant
  var memory: DeviceMemory
  var config: ConfigSpace
  /// The migration state, by the protocol's number.
  private(set) var state: UInt32
  /// At most one of both sessions is open.
  var saving: SaveSession?
  var loading: LoadSession?
  /// Bytes that have moved in the open session.
  private var moved: UInt64 = 0
  /// Protocol v1: the data window.
  var window: V1Window
  /// Protocol v2: the data fds.
  var dataFDs = DataFDs()
  /// Where the device does DMA; nil when it can do none.
  weak var addressSpace: SimulatedAddressSpace?
  /// Protocol v2: what the device notes of its DMA; nil when it notes nothing.
  var deviceLog: DeviceLog?
  /// Protocol v2: MIG_PRECOPY_INFOv2 was set. It holds as long as the device is open.
  var mayReinit = false
  /// When pre-copy began, or began anew.
  private var initialSince: ContinuousClock.Instant
  private var dirtying: Dirtying
  private var dma: DMAWriter

  init(
    _ profile: Profile, _ options: Options, window: V1Window, gate: Gate,
    clock: @escaping @Sendable () -> ContinuousClock.Instant
  ) {
    self.profile = profile
    self.options = options
    self.window = window
    self.gate = gate
    self.clock = clock
    memory = DeviceMemory(size: options.size, seed: options.seed)
    config = ConfigSpace(profile.identity, memorySize: options.size)
    initialSince = clock()
    dirtying = Dirtying(rate: options.dirtyRate, now: clock())
    dma = DMAWriter(rate: options.dmaRate, seed: options.seed, now: clock())
    state = profile.migrationProtocol.error
    enter(options.state)
  }

  /// What the present state means. A state the profile does not describe neither runs nor moves data.
  var traits: TransitionTable.Traits {
    profile.transitions.states[state] ?? TransitionTable.Traits(runs: false, session: nil, needs: [])
  }

  /// Lets the device do what it has done since it was last looked at.
  mutating func advance() {
    for _ in 0..<dirtying.due(at: clock(), running: traits.runs) {
      let page = memory.touch()
      saving?.noteChange(of: page)
    }
    writeMemory()
    beginAnewIfDue()
  }

  private mutating func beginAnewIfDue() {
    guard mayReinit, options.reinit > .zero, traits.isPreCopy else { return }
    let now = clock()
    guard initialSince.duration(to: now) >= options.reinit else { return }
    initialSince = now
    saving?.beginAnew()
  }

  /// DMA. It ends with the states that run, of which the peer-to-peer states still reach memory.
  private mutating func writeMemory() {
    let due = dma.due(at: clock(), running: traits.runs && config.mastersBus)
    guard due > 0, let addressSpace else { return }
    addressSpace.withMemory { mapped in
      let pageCount = mapped.pageCount
      guard pageCount > 0 else { return }
      for _ in 0..<due {
        let page = dma.next(of: pageCount)
        guard let iova = mapped.write(page: page, stamp: dma.count, of: memory.pattern) else { continue }
        deviceLog?.note(iova)
      }
    }
  }

  /// Takes the time that so many bytes of a data session take at the device's rate.
  func spend(_ bytes: Int) throws(Refusal) {
    guard options.rate > 0, bytes > 0 else { return }
    try gate.pause(.seconds(Double(bytes) / Double(options.rate)))
  }

  /// `VFIO_DEVICE_RESET`: back to RUNNING from every state; memory, data session and what it noted of its DMA are lost.
  /// The address space is not the device's: its memory and its log stay.
  mutating func reset() {
    closeSession()
    memory.reset(seed: options.seed)
    config.reset(to: ConfigSpace(profile.identity, memorySize: options.size))
    deviceLog = nil
    enter(profile.migrationProtocol.running)
  }

  /// The last user closes the device, and another one opens it. Most drivers reset it for whoever comes next; one that
  /// keeps its state has no data session in it any more.
  mutating func reopen() {
    mayReinit = false
    guard profile.keepsState else { return reset() }
    closeSession()
    deviceLog = nil
  }
}

extension Machine {
  /// Goes to the state `target`, step by step. A step that fails ends the walk where it stands.
  mutating func change(to target: UInt32) throws(Refusal) {
    let table = profile.transitions
    let error = profile.migrationProtocol.error
    guard target != error, state != error, table.offers(target, with: options.flags) else { throw Refusal(.EINVAL) }
    // No way is longer than the number of states.
    for _ in table.states where state != target {
      try step(into: table.step(from: state, to: target, with: options.flags))
    }
    guard state == target else { throw Refusal(.EINVAL) }
  }

  private mutating func step(into next: UInt32) throws(Refusal) {
    try gate.pause(options.latency)
    if options.hangs.contains(next) { try gate.block() }
    // What the change took, the device still ran.
    advance()
    if let failure = options.failures[next] { throw refused(failure.errno, toError: failure.error) }
    if loading != nil, profile.transitions.states[next]?.session != .resuming { try finishLoading() }
    enter(next)
  }

  /// RESUMING is left: what was written has to be a whole stream.
  private mutating func finishLoading() throws(Refusal) {
    switch loading?.result {
    case nil, .complete: return
    case .nothing where options.acceptsNoData: return
    case .bad where options.badData == .accept: return
    case .nothing, .bad: throw refused(.EINVAL, toError: options.badData == .error)
    }
  }

  /// So much more of the session's data has moved. Fails when that was more than the device survives.
  mutating func count(_ bytes: Int) throws(Refusal) {
    moved += UInt64(bytes)
    if options.breaksAfter > 0, moved > options.breaksAfter { throw refused(.EIO, toError: true) }
  }

  mutating func refused(_ errno: Errno, toError: Bool) -> Refusal {
    if toError { enter(profile.migrationProtocol.error) }
    return Refusal(errno)
  }

  private mutating func enter(_ next: UInt32) {
    let goesOn = profile.transitions.sessionContinues(from: state, to: next)
    state = next
    guard !goesOn else { return }
    closeSession()
    if let session = traits.session { openSession(session) }
  }

  private mutating func openSession(_ session: TransitionTable.Session) {
    moved = 0
    switch session {
    case .saving:
      saving = SaveSession(of: memory, chunk: options.chunk)
      initialSince = clock()
    case .resuming: loading = LoadSession()
    }
    switch profile.migrationProtocol {
    case .v1: window.open()
    case .v2: dataFDs.open(session, stalling: options.stalls)
    }
  }

  private mutating func closeSession() {
    saving = nil
    loading = nil
    window.close()
    dataFDs.endSession()
  }
}
