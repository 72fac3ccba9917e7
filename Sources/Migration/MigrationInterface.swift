import VFIO

/// A device's migration, whichever protocol it speaks: what the views and the commands are written against.
///
/// An interface is used from one thread at a time. It owns the data session it opens.
public protocol MigrationInterface: AnyObject {
  /// The protocol.
  var `protocol`: MigrationProtocol { get }
  /// The words of the optional parts the device says it has, such as `pre-copy`.
  var flags: [String] { get }
  /// The states the device has, ERROR included, in the protocol's order.
  var states: [State] { get }
  /// The arcs between them: in v1 those the document draws, in v2 those a driver makes.
  var arcs: [Arc] { get }

  /// Reads the present state. Has no effect on the device.
  func state() throws(DeviceError) -> State
  /// The values that go with this state; reads only what can be read without effect.
  func fields(in state: State) -> [Field]
  /// What a request would do, as far as the document tells.
  func plan(from: State, to: State) -> StepPlan
  /// Asks for a state and keeps the data session that comes with it.
  func request(_ state: State) throws(DeviceError)
  /// Asks for a number as it is, whatever it means.
  func request(raw number: UInt32) throws(DeviceError)
  /// Asks a device that can do it to say in pre-copy when it begins anew with its initial data. That is a change of the
  /// device's settings, kept until it is closed. A device that can't is left as it is.
  func optInToReinit()
  /// Whether the data session that is open was begun here and nothing was moved in it yet. Of any other one nobody knows
  /// what it has given or taken before.
  var hasUntouchedSession: Bool { get }
  /// What takes the data out of the device while it saves. In the middle of a chunk, `goOn` is called each time that
  /// more of it is asked for, and ends it by throwing.
  func reader(_ access: WindowAccess, _ goOn: @escaping GoingOn) -> any ChunkReader
  /// What puts data into the device while it resumes. In the middle of a chunk, `goOn` is called each time that more of
  /// it is given, and ends it by throwing.
  func writer(_ access: WindowAccess, _ goOn: @escaping GoingOn) -> any ChunkWriter
  /// The device was found in this state, which may be the same, after a request or a reset: a data session that has
  /// ended is let go of.
  func arrived(in state: State, from before: State?)
  /// Ends the data session, if one is open. The device's state is left as it is.
  func close()
  /// The device was closed and opened again: what was known of it is known no more.
  func reopened()
}

extension MigrationInterface {
  /// What takes the data out of the device while it saves, each chunk to its end.
  public func reader(_ access: WindowAccess) -> any ChunkReader { reader(access, {}) }

  /// What puts data into the device while it resumes, each chunk to its end.
  public func writer(_ access: WindowAccess) -> any ChunkWriter { writer(access, {}) }
}
