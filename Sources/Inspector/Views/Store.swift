import Migration

/// What the views draw from: one for the program, on the main thread.
final class Store {
  /// What there is to look at.
  private(set) var listing: Listing
  /// The present moment, set before each frame, so that all ages on a screen agree.
  private(set) var now = ContinuousClock.now
  /// One line about what has just been refused or done; the next key clears it.
  var message: String?

  private let scan: () throws -> Listing
  private let clock: () -> ContinuousClock.Instant
  private let readDetails: (DeviceReference) -> ListedDevice.Details?
  private var details: [DeviceReference: ListedDevice.Details?] = [:]
  private let makeHandle: (DeviceReference) -> DeviceHandle
  private var handles: [DeviceReference: DeviceHandle] = [:]
  private var armed: Set<DeviceReference> = []

  /// A store whose devices are opened by `makeHandle`, and whose details are read by `readDetails`.
  init(
    listing: Listing, scan: (() throws -> Listing)? = nil, clock: @escaping () -> ContinuousClock.Instant = { .now },
    readDetails: @escaping (DeviceReference) -> ListedDevice.Details? = { _ in nil },
    makeHandle: @escaping (DeviceReference) -> DeviceHandle
  ) {
    self.readDetails = readDetails
    self.clock = clock
    self.scan = scan ?? { listing }
    self.listing = listing
    self.makeHandle = makeHandle
  }

  /// Takes the present moment.
  func tick() { now = clock() }

  /// The handle of a device; the first call begins to open it.
  func handle(_ reference: DeviceReference) -> DeviceHandle {
    if let handle = handles[reference] { return handle }
    let handle = makeHandle(reference)
    handles[reference] = handle
    return handle
  }

  /// Lets go of a device and opens it anew. It is read-only again.
  func reopen(_ reference: DeviceReference) {
    handles[reference]?.close()
    handles[reference] = makeHandle(reference)
    armed.remove(reference)
  }

  /// Reads the listing anew, or says why that failed.
  func rescan() {
    do {
      listing = try scan()
      details = [:]
    } catch {
      message = "\(error)"
    }
  }

  /// What is known of a device that has been opened.
  func status(_ reference: DeviceReference) -> DeviceStatus? { handles[reference]?.status }

  /// All devices that have been opened.
  var opened: [DeviceHandle] { handles.values.sorted { $0.reference.description < $1.reference.description } }

  /// What the listing says of a device.
  func listed(_ reference: DeviceReference) -> ListedDevice? {
    listing.devices.first { $0.reference == reference }
  }

  /// What is read for single devices; read once, when it is first drawn.
  func details(of device: ListedDevice) -> ListedDevice.Details? {
    if let known = details[device.reference] { return known }
    let read = readDetails(device.reference)
    details[device.reference] = .some(read)
    return read
  }

  /// Whether the device takes changes.
  func isArmed(_ reference: DeviceReference) -> Bool { armed.contains(reference) }

  /// Looks at every opened device again.
  func look() {
    handles.values.forEach { $0.look() }
  }

  /// Does something to a device, or says why not.
  func perform(_ command: Command, on reference: DeviceReference) {
    switch command {
    case .arm: armed.insert(reference)
    case .disarm: armed.remove(reference)
    case .step, .act:
      guard isArmed(reference) else {
        message = "Read-only: press a to arm this device first."
        return
      }
      if case .step(let request) = command { handle(reference).step(request) }
      if case .act(let action) = command { handle(reference).act(action) }
    }
  }
}
