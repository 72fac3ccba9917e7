extension VFIOUserConnection {
  /// Connects and agrees on the version. Fails as `open` of the socket's path.
  static func open(
    _ path: String, _ options: VFIOUserOptions, _ memory: ServedMemory, _ tap: WireTap?
  ) throws(DeviceError) -> VFIOUserConnection {
    do throws(WireError) {
      let socket = try WireSocket.connect(to: path, until: .now + options.timeout)
      return try agree(on: socket, options, memory, tap)
    } catch {
      throw DeviceError(opening: path, error)
    }
  }

  /// Agrees on the version, on a socket that is connected.
  static func agree(
    on socket: WireSocket, _ options: VFIOUserOptions, _ memory: ServedMemory, _ tap: WireTap?
  ) throws(WireError) -> VFIOUserConnection {
    let connection = VFIOUserConnection(socket, timeout: options.timeout, memory: memory, tap: tap)
    try connection.negotiate(options)
    return connection
  }

  private func negotiate(_ options: VFIOUserOptions) throws(WireError) {
    var capabilities = WireVersion.Capabilities()
    capabilities.maxMsgFDs = 16
    capabilities.maxDataXferSize = Self.maxDataSize
    capabilities.migration = .init(pageSize: ServedMemory.pageSize)
    if options.wantsTwinSocket { capabilities.twinSocket = .init(supported: true) }
    let ours = WireVersion(minor: 2, capabilities: capabilities)
    let id = try post(.version, ours.payload.span.bytes)
    switch try reply(to: id) {
    case .refused(let errno):
      throw errno.map(WireError.system) ?? .malformed("the server refuses to agree on a version")
    case .placed: throw .malformed("the reply to VERSION came as data")
    case .done(let payload, let descriptors):
      let theirs = try WireVersion(payload: payload)
      guard theirs.major == 0 else { throw .malformed("the server speaks version \(theirs.major).\(theirs.minor)") }
      // Commands are numbered from 1 on.
      agreement = WireAgreement(commandsBefore: Int(id) - 1, proposed: ours, agreed: theirs, options)
      guard let twin = theirs.capabilities.twinSocket, twin.supported else { return }
      guard let index = twin.index, descriptors.indices.contains(index) else {
        throw .malformed("the server announces a second socket and sends none")
      }
      serve(twin: descriptors[index])
    }
  }
}

extension DeviceError {
  /// What went wrong with the socket while a device was opened.
  init(opening path: String, _ error: WireError) {
    switch error {
    case .system(let errno): self.init(.open(path: path), errno)
    case .closed, .timedOut, .malformed: self.init(.open(path: path), .lost(error))
    }
  }
}

extension WireAgreement {
  /// No message carries more than the server says that it takes, nor asks for more. A server that says nothing sensible
  /// is held to the document's default, which is larger than what this side sends anyway.
  fileprivate init(
    commandsBefore: Int, proposed: WireVersion, agreed: WireVersion, _ options: VFIOUserOptions
  ) {
    let said = agreed.capabilities.maxDataXferSize ?? 0
    let limit = said > 0 ? said : VFIOUserConnection.maxDataSize
    self.init(
      commandsBefore: commandsBefore, proposed: proposed, agreed: agreed, mostRead: min(options.maxRead, limit),
      mostWritten: min(options.maxMessage, limit))
  }
}
