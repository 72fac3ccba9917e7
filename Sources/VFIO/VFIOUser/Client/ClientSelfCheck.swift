import CVFIO
import Glibc

/// Puts this program's own client of vfio-user to the test, with a server that it plays itself.
public enum ClientSelfCheck {
  /// Asks for something, and sends a command of the server's own before the reply.
  ///
  /// - Returns: what went wrong; nil when the client has answered the command and found its reply.
  public static func acceptsCommandsBeforeReply() -> String? {
    do throws(WireError) {
      return try converse()
    } catch {
      return "the conversation failed: \(error)"
    }
  }

  private static func converse() throws(WireError) -> String? {
    let deadline = ContinuousClock.now + .seconds(1)
    guard let memory = SharedMemory(count: 4096) else { return "there is no memory" }
    let given = ServedMemory()
    given.add(memory, at: 0x1000)
    let (near, far) = try pair()
    let client = VFIOUserConnection(near, timeout: .seconds(1), memory: given, tap: nil)
    let id = try client.post(.deviceGetInfo, [UInt8](number: UInt32(16)).span.bytes)
    let asked = try far.receiveMessage(limit: 64, until: deadline)
    // The server's numbers are its own: the same one as the client's must not be mistaken for a reply.
    let access = [UInt8].bytes(of: cu_dma_access(address: 0x1000, count: 8))
    let command = WireHeader(id: id, command: WireCommand.dmaRead.rawValue, payload: access.count, flags: .command)
    try far.send(command, access.span.bytes, until: deadline)
    let reply = WireFrame(header: asked.header, payload: []).done([1, 2, 3, 4])
    try far.send(reply.header, reply.payload.span.bytes, until: deadline)
    let found = try client.message(repliesTo: id)
    let answer = try far.receiveMessage(limit: 64, until: deadline)
    if found.payload != reply.payload { return "the reply was not found" }
    guard answer.header.flags.isReply, !answer.header.flags.isError, answer.payload.count == access.count + 8 else {
      return "the server's command was not answered"
    }
    return nil
  }

  private static func pair() throws(WireError) -> (WireSocket, WireSocket) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .system(.current) }
    return (WireSocket(FileDescriptor(owning: ends[0])), WireSocket(FileDescriptor(owning: ends[1])))
  }
}
