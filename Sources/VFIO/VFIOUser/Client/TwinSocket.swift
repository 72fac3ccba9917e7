import Dispatch

extension VFIOUserConnection {
  /// Answers what the server asks on a socket of its own, until either side closes it. Nobody else uses that socket.
  static func serve(twin: PassedDescriptor, memory: ServedMemory, tap: WireTap?) -> WireSocket {
    let socket = WireSocket(sharing: twin)
    DispatchQueue(label: "vfio-user server commands").async {
      // A command that can't be understood ends the conversation there; the main one shows what became of the server.
      while let command = try? socket.receiveMessage(limit: payloadLimit, until: nil) {
        tap?(WireMessage(.server, command))
        guard let reply = memory.answer(command) else { continue }
        guard (try? socket.send(reply.header, reply.payload.span.bytes, until: .now + .seconds(10))) != nil else {
          return
        }
        tap?(WireMessage(.client, reply.header, reply.payload.span.bytes, descriptorCount: 0))
      }
    }
    return socket
  }
}
