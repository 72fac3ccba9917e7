import Glibc

/// What is tried with any bytes. Whatever they are, it must come to an end, without a crash, and with as many open
/// descriptors as before.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// What a client sends to our server.
  case server
  /// What a server sends to our client.
  case client
  /// A stream file.
  case stream
  /// A record of a conversation.
  case record
  /// The payload of VERSION.
  case version

  /// The one that the environment names: C's function has no room for it.
  public static let chosen = getenv("FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }

  /// Tries these bytes, and counts descriptors when nobody else opens any meanwhile.
  public func run(_ bytes: [UInt8], counting: Bool = true) {
    // What is kept from try to try is opened before descriptors are counted.
    if self == .server { _ = Self.devices }
    let before = counting ? lowestFreeDescriptor : 0
    switch self {
    case .server: tryServer(bytes)
    case .client: tryClient(bytes)
    case .stream: tryStream(bytes)
    case .record: tryRecord(bytes)
    case .version: tryVersion(bytes)
    }
    precondition(!counting || lowestFreeDescriptor == before, "a descriptor was left open")
  }
}

/// The kernel gives the lowest number that is free.
private var lowestFreeDescriptor: Int32 {
  let number = dup(STDERR_FILENO)
  close(number)
  return number
}
