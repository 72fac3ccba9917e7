extension Interference {
  /// Several at once: the first stands nearest to who uses the device. Nil when there are none.
  public static func stacked(_ parts: [Interference]) -> Interference? {
    parts.first.map { first in parts.dropFirst().reduce(first) { $0.inFront(of: $1) } }
  }

  private func inFront(of other: Interference) -> Interference {
    var both = Interference()
    both.info = Self.joined(info, other.info)
    both.regionInfo = Self.joined(regionInfo, other.regionInfo)
    both.read = Self.joined(read, other.read)
    both.write = Self.joined(write, other.write)
    both.reset = Self.joined(reset, other.reset)
    both.reopen = Self.joined(reopen, other.reopen)
    both.streamRead = Self.joined(streamRead, other.streamRead)
    both.streamWrite = Self.joined(streamWrite, other.streamWrite)
    both.precopyInfo = Self.joined(precopyInfo, other.precopyInfo)
    both.streamQuestion = Self.joined(streamQuestion, other.streamQuestion)
    both.startLogging = Self.joined(startLogging, other.startLogging)
    both.stopLogging = Self.joined(stopLogging, other.stopLogging)
    both.reportLogging = Self.joined(reportLogging, other.reportLogging)
    both.addressSpace = Self.joined(addressSpace, other.addressSpace)
    if let front = feature, let back = other.feature {
      both.feature = { call, forward in front(call) { back($0, forward) } }
    } else {
      both.feature = feature ?? other.feature
    }
    both.wire = wire.map { front in other.wire.map(front.inFront) ?? front } ?? other.wire
    return both
  }

  private static func joined<Asked, Answer>(_ front: Hook<Asked, Answer>?, _ back: Hook<Asked, Answer>?)
    -> Hook<Asked, Answer>?
  {
    guard let front, let back else { return front ?? back }
    return { call, forward in front(call) { back($0, forward) } }
  }
}

extension WireInterference {
  fileprivate func inFront(of other: WireInterference) -> WireInterference {
    var both = WireInterference()
    both.command = { [front = command, back = other.command] command in
      let changed = front?(command) ?? command
      return back?(changed) ?? changed
    }
    both.reply = { [front = reply, back = other.reply] reply, command in
      let changed = back?(reply, command) ?? reply
      return front?(changed, command) ?? changed
    }
    return both
  }
}
