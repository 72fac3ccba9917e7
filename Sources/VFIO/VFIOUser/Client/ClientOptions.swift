/// How a vfio-user server is talked to.
public struct VFIOUserOptions: Sendable, Equatable {
  /// The most bytes of data that are sent with one message. libvfio-user, in every version known, takes a payload with
  /// one read that need not get all of it: above about 36 KiB messages get lost now and then, whatever it promises.
  public var maxMessage = 32 << 10
  /// The most bytes that are asked for with one message.
  public var maxRead = 1 << 20
  /// How long an answer may take.
  public var timeout = Duration.seconds(10)
  /// Whether the server is asked for a second socket, for the commands it sends itself.
  public var wantsTwinSocket = true

  /// The usual ones.
  public init() {}
}
