/// What comes between an address space and who uses it, as `Interference` does for a device.
public struct AddressSpaceInterference: Sendable {
  /// Stands around one kind of call.
  public typealias Hook = Interference.Hook

  /// Around `AddressSpace.info()`.
  public var info: Hook<Void, AddressSpaceInfo>?
  /// Around `AddressSpace.map(_:at:)`.
  public var map: Hook<MapCall, Void>?
  /// Around `AddressSpace.startLogging()`.
  public var startLogging: Hook<Void, Void>?
  /// Around `AddressSpace.stopLogging()`.
  public var stopLogging: Hook<Void, Void>?
  /// Around `AddressSpace.readLog(into:)`: the answer is the bitmap.
  public var readLog: Hook<DirtyBitmap, DirtyBitmap>?
  /// Around `AddressSpace.attempt(_:)`.
  public var attempt: Hook<DirtyCall, Void>?

  /// Lets everything through.
  public init() {}
}

/// Memory is mapped.
public struct MapCall: Sendable {
  /// The memory.
  public let memory: SharedMemory
  /// Where the device sees it.
  public let iova: UInt64
}

/// An address space with something between it and who uses it.
public final class InterferedAddressSpace: AddressSpace {
  private let space: any AddressSpace
  private let interference: AddressSpaceInterference

  /// Stands in front of `space`.
  public init(_ space: any AddressSpace, _ interference: AddressSpaceInterference) {
    self.space = space
    self.interference = interference
  }

  /// The address space's answer, or what is made of it.
  public func info() throws(DeviceError) -> AddressSpaceInfo {
    guard let hook = interference.info else { return try space.info() }
    return try hook((), { [space] in result { () throws(DeviceError) in try space.info() } }).get()
  }

  /// The address space's answer, or what is made of it.
  public func map(_ memory: SharedMemory, at iova: UInt64) throws(DeviceError) {
    guard let hook = interference.map else { return try space.map(memory, at: iova) }
    try hook(MapCall(memory: memory, iova: iova)) { [space] call in
      result { () throws(DeviceError) in try space.map(call.memory, at: call.iova) }
    }.get()
  }

  /// The address space's answer.
  public func unmap(_ range: DMARange, dirty: inout DirtyBitmap?) throws(DeviceError) {
    try space.unmap(range, dirty: &dirty)
  }

  /// The address space's answer, or what is made of it.
  public func startLogging() throws(DeviceError) {
    guard let hook = interference.startLogging else { return try space.startLogging() }
    try hook((), { [space] in result { () throws(DeviceError) in try space.startLogging() } }).get()
  }

  /// The address space's answer, or what is made of it.
  public func stopLogging() throws(DeviceError) {
    guard let hook = interference.stopLogging else { return try space.stopLogging() }
    try hook((), { [space] in result { () throws(DeviceError) in try space.stopLogging() } }).get()
  }

  /// The address space's answer, or what is made of it.
  public func readLog(into bitmap: inout DirtyBitmap) throws(DeviceError) {
    guard let hook = interference.readLog else { return try space.readLog(into: &bitmap) }
    bitmap = try hook(bitmap) { [space] asked in
      var bitmap = asked
      let outcome = result { () throws(DeviceError) in try space.readLog(into: &bitmap) }
      return outcome.map { bitmap }
    }.get()
  }

  /// The address space's answer, or what is made of it.
  public func attempt(_ call: DirtyCall) throws(DeviceError) {
    guard let hook = interference.attempt else { return try space.attempt(call) }
    try hook(call) { [space] call in result { () throws(DeviceError) in try space.attempt(call) } }.get()
  }
}
