import Migration
import Rulebook
import Terminal

/// What the views draw from: one for the program, on the main thread.
final class Store {
  /// What there is to look at.
  private(set) var listing: Listing
  /// Whether the listing is being read anew.
  private(set) var isScanning = false
  /// The present moment, set before each frame, so that all ages on a screen agree.
  private(set) var now = ContinuousClock.now
  /// The part of the screen that views have to themselves.
  var body = Rectangle(row: 0, column: 0, height: 0, width: 0)
  /// One line about what has just been refused or done; the next key clears it.
  var message: String?

  /// The captures that are looked into.
  let captures: Captures
  /// The marks that plots are drawn with.
  var plots: PlotGlyphs
  /// The last flow of each device.
  private(set) var flows: [DeviceReference: Flow] = [:]
  /// The last play of a scenario of each device.
  private(set) var stages: [DeviceReference: Stage] = [:]

  private let clock: () -> ContinuousClock.Instant
  /// Called, on any thread, when a flow or a play has news.
  let onChange: @Sendable () -> Void
  /// Where plays go on.
  let execution: Execution
  private let reader: ListingReader
  /// What is known of single devices; nil inside is what is still being read, or can't be.
  private var details: [DeviceReference: ListedDevice.Details?] = [:]
  private let makeHandle: (DeviceReference) -> DeviceHandle
  private var handles: [DeviceReference: DeviceHandle] = [:]
  private var armed: Set<DeviceReference> = []

  /// A store whose devices are opened by `makeHandle`, and whose files are read by `reader`. `onChange` is called, on any
  /// thread, when a flow has news.
  init(
    listing: Listing, reader: ListingReader, captures: Captures = Captures(),
    clock: @escaping () -> ContinuousClock.Instant = { .now }, plots: PlotGlyphs = .braille,
    execution: Execution = .queue, onChange: @escaping @Sendable () -> Void = {},
    makeHandle: @escaping (DeviceReference) -> DeviceHandle
  ) {
    self.listing = listing
    self.reader = reader
    self.captures = captures
    self.clock = clock
    self.plots = plots
    self.onChange = onChange
    self.execution = execution
    self.makeHandle = makeHandle
  }

  /// Takes the present moment, and what has been read since the last frame.
  func tick() {
    takeOver()
    now = clock()
  }

  // MARK: the listing

  /// Begins to read the listing anew.
  func rescan() {
    guard !isScanning else { return }
    isScanning = true
    reader.readListing()
    takeOver()
  }

  /// What the listing says of a device.
  func listed(_ reference: DeviceReference) -> ListedDevice? {
    listing.devices.first { $0.reference == reference }
  }

  /// What a user calls a device: its address, when it is listed.
  func name(of reference: DeviceReference) -> String { listed(reference)?.address ?? reference.description }

  /// What is read for single devices; it begins to be read when it is first asked for, and is nil until then.
  func details(of device: ListedDevice) -> ListedDevice.Details? {
    if let known = details[device.reference] { return known }
    details[device.reference] = .some(nil)
    reader.readDetails(of: device.reference)
    takeOver()
    return details[device.reference] ?? nil
  }

  private func takeOver() {
    for found in reader.take() {
      switch found {
      case .listing(let new): (listing, details, isScanning) = (new, [:], false)
      case .failure(let why): (message, isScanning) = (why, false)
      case .details(let reference, let read): details[reference] = .some(read)
      }
    }
  }

  // MARK: devices

  /// Begins to open a device, unless it is open.
  func open(_ reference: DeviceReference) {
    if let handle = handles[reference] {
      if handle.status.phase == .closed { handle.reopen() }
    } else {
      handles[reference] = makeHandle(reference)
    }
  }

  /// Lets go of a device and opens it anew. It is read-only again.
  func reopen(_ reference: DeviceReference) {
    handles[reference]?.reopen()
    armed.remove(reference)
  }

  /// Lets go of a device and says what may become of it; false, with a message, when it has not answered yet.
  func close(_ reference: DeviceReference) -> Bool {
    guard let handle = handles[reference], !refuseBusy(reference) else { return false }
    handle.close()
    armed.remove(reference)
    let name = name(of: reference)
    message =
      handle.status.farewell(to: name, at: clock(), handle.journal) ?? "\(name) is closed: another program can open it."
    return true
  }

  /// What is known of a device that has been opened.
  func status(_ reference: DeviceReference) -> DeviceStatus? { handles[reference]?.status }

  /// The journal of a device that has been opened.
  func journal(of reference: DeviceReference) -> Journal? { handles[reference]?.journal }

  /// What calls the devices that have been opened, by name.
  var opened: [DeviceHandle] { handles.values.sorted { name(of: $0.reference) < name(of: $1.reference) } }

  /// What to say of the devices when the program ends, a line each, by name. Of some it may be known that nothing is
  /// asked of them any more.
  func farewells(atRest: Set<DeviceReference> = []) -> [String] {
    opened.compactMap { handle in
      var status = handle.status
      if atRest.contains(handle.reference) { status.work = nil }
      return status.farewell(to: name(of: handle.reference), at: clock(), handle.journal)
    }
  }

  /// Whether the device takes changes.
  func isArmed(_ reference: DeviceReference) -> Bool { armed.contains(reference) }

  /// How many devices take changes.
  var armedCount: Int { armed.count }

  /// Looks at every opened device again, and asks for the dirty pages of those that are watched.
  func look() {
    for handle in handles.values {
      handle.look()
      handle.reportDirtyPages()
    }
  }

  /// Ends the watch over a device's dirty pages.
  func endDirtyPages(_ reference: DeviceReference) {
    handles[reference]?.endDirtyPages()
  }

  /// Ends a run of checks, or a fault, after the check that is being made.
  func giveUpChecks(_ reference: DeviceReference) {
    guard let status = status(reference), status.rules?.isRunning == true || status.fault?.isRunning == true else {
      return
    }
    handles[reference]?.cancelChecks()
  }

  /// Begins to do something to a device, or says why not.
  @discardableResult
  func perform(_ command: Command, on reference: DeviceReference) -> Bool {
    switch command {
    case .arm: armed.insert(reference)
    case .disarm: armed.remove(reference)
    case .close: return close(reference)
    case .checkRules(.none):
      guard !refuseBusy(reference) else { return false }
      handles[reference]?.checkRules(.none)
    case .step, .act, .watchDirtyPages, .checkRules, .makeFault:
      // What waits behind another call would be done later, in a state that nobody has seen.
      guard !refuseUnarmed(reference), !refuseBusy(reference) else { return false }
      if case .step(let request) = command { handles[reference]?.step(request) }
      if case .act(let action) = command { handles[reference]?.act(action) }
      if case .watchDirtyPages = command { handles[reference]?.watchDirtyPages() }
      if case .checkRules(let permission) = command { handles[reference]?.checkRules(permission) }
      if case .makeFault(let fault) = command { handles[reference]?.makeFault(fault) }
    }
    return true
  }

  /// Says that a device is read-only, when that is so.
  func refuseUnarmed(_ reference: DeviceReference) -> Bool {
    guard !isArmed(reference) else { return false }
    message = "Read-only: press a to arm this device first."
    return true
  }

  /// Begins to move data; everything has been checked.
  func start(_ job: FlowJob, _ options: TransferOptions) -> Flow {
    let handles = job.devices.compactMap { self.handles[$0] }
    let flow = Flow(
      job, options, clock: { [journal = handles.first?.journal] in journal?.now ?? .now }, onChange: onChange)
    for reference in job.devices {
      armed.insert(reference)
      flows[reference] = flow
    }
    flow.begin(on: handles)
    return flow
  }

  /// Keeps a play as that of its devices.
  func keep(_ stage: Stage) -> Stage {
    for reference in stage.devices { stages[reference] = stage }
    return stage
  }

  /// The last play of a device.
  func stage(of reference: DeviceReference) -> Stage? { stages[reference] }

  /// Lets these devices take changes.
  func arm(_ references: [DeviceReference]) { armed.formUnion(references) }

  /// What calls these devices, as far as they have been opened.
  func handles(of references: [DeviceReference]) -> [DeviceHandle] { references.compactMap { handles[$0] } }

  /// Says that a device has not answered yet, or is in the middle of a play, when that is so.
  func refuseBusy(_ reference: DeviceReference) -> Bool {
    if let stage = stages[reference], stage.status.work != nil {
      message = "Busy: \(stage.name) is being played."
      return true
    }
    guard let work = status(reference)?.busy(at: clock()) else { return false }
    message = "Busy: \(work.name), wait until it has answered."
    return true
  }
}
