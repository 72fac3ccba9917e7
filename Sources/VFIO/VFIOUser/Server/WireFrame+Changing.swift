extension ReceivedMessage {
  /// The message without its descriptors.
  var frame: WireFrame { WireFrame(header: header, payload: payload) }

  /// The command as the server is to see it.
  func changed(by interference: WireInterference?) -> ReceivedMessage {
    guard let change = interference?.command else { return self }
    let changed = change(frame)
    return ReceivedMessage(header: changed.header, payload: changed.payload, descriptors: descriptors)
  }
}

extension WireFrame {
  /// The reply as the client is to see it. Its size is made to fit, so that the conversation can go on.
  func changed(by interference: WireInterference?, asReplyTo command: ReceivedMessage) -> WireFrame {
    guard let change = interference?.reply else { return self }
    var changed = change(self, command.frame)
    changed.header.messageSize = UInt32(clamping: WireHeader.size + changed.payload.count)
    return changed
  }
}
