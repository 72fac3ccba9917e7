import VFIO

/// How long one wait for a data fd lasts before the bounds of the transfer are looked at again.
private let streamPatience = Duration.milliseconds(50)

/// Takes the data out of a v2 device's data fd.
final class V2Reader: LendingReader {
  /// As much as QEMU reads at once; larger buffers gave nothing there.
  private static let size = 1 << 20
  private let interface: V2Interface
  private var buffer = ChunkBuffer()
  /// Whether there was nothing more to read at some time since the last estimate.
  private var wasEmptied = false

  init(_ interface: V2Interface) {
    self.interface = interface
  }

  func next(
    stopped: Bool, lending take: (inout ChunkBuffer, ChunkPart) throws(TransferFault) -> Void
  ) throws(TransferFault) -> Piece {
    guard let stream = interface.streamToUse else { throw .window("the device returned no data fd for this state") }
    let got = try read(stream)
    guard let got else { return .nothingNow }
    // 0 ends the data in STOP_COPY; in PRE_COPY some drivers say it where ENOMSG is meant, and all vfio-user servers.
    guard got > 0 else {
      wasEmptied = true
      return stopped ? .end : .nothingNow
    }
    try take(&buffer, ChunkPart(count: got, left: 0))
    return .chunk(got)
  }

  func askNoMore() -> Bool { interface.stream?.askNoMore() ?? false }

  /// Nil when there is nothing for now.
  private func read(_ stream: any DataStream) throws(TransferFault) -> Int? {
    do throws(DeviceError) {
      return try uninterrupted { () throws(DeviceError) in
        try buffer.fill(0..<Self.size) { (bytes) throws(DeviceError) in try stream.read(into: &bytes) }
      }
    } catch {
      guard let errno = error.errno, errno == .ENOMSG || errno == .EAGAIN else { throw .device(error) }
      if errno == .EAGAIN {
        _ = try onDevice { () throws(DeviceError) in try stream.wait(for: .reading, until: .now + streamPatience) }
      } else {
        wasEmptied = true
      }
      return nil
    }
  }

  /// MIG_DATA_SIZE where offered, and PRECOPY_INFO while the device runs; it is not defined later. vfio-user has no
  /// PRECOPY_INFO: there a device that could be emptied has next to nothing left.
  ///
  /// An estimate is not worth ending a transfer for: what is really wrong shows at the next read.
  func estimate(stopped: Bool) -> Estimate {
    var estimate = Estimate()
    estimate.stopCopy = interface.stopCopyLength
    defer { wasEmptied = false }
    guard !stopped else { return estimate }
    guard let info = try? interface.stream?.precopyInfo() else {
      if wasEmptied { estimate.dirty = 0 }
      return estimate
    }
    (estimate.initial, estimate.dirty) = (info.initialBytes, info.dirtyBytes)
    estimate.isReinit = interface.hasReinit && info.flags & PrecopyInfo.reinit != 0
    return estimate
  }
}

/// Gives data to a v2 device's data fd. How it is cut does not matter there.
final class V2Writer: ChunkWriter {
  /// How long a device may take nothing.
  private static let patience = Duration.seconds(10)

  private let interface: V2Interface
  private let goOn: GoingOn

  init(_ interface: V2Interface, _ goOn: @escaping GoingOn) {
    self.interface = interface
    self.goOn = goOn
  }

  func put(_ bytes: RawSpan, left: Int) throws(TransferFault) {
    guard let stream = interface.streamToUse else { throw .window("the device returned no data fd for this state") }
    if left > 0 { try goOn() }
    var done = 0
    while done < bytes.byteCount {
      done += try write(bytes.extracting(droppingFirst: done), to: stream)
      if done < bytes.byteCount { try goOn() }
    }
  }

  func finish() throws(TransferFault) {
    try onDevice { () throws(DeviceError) in try interface.stream?.flush() }
  }

  /// Writes what the device takes at once, and waits for it while it takes nothing.
  private func write(_ bytes: RawSpan, to stream: any DataStream) throws(TransferFault) -> Int {
    // A look at the clock takes its time; most devices are not waited for.
    var end: Moment?
    while true {
      do throws(DeviceError) {
        let taken = try uninterrupted { () throws(DeviceError) in try stream.write(bytes) }
        guard taken > 0 else { throw DeviceError(.streamWrite(count: bytes.byteCount), .short(expected: 1, got: 0)) }
        return taken
      } catch {
        guard let errno = error.errno, errno == .EAGAIN else { throw .device(error) }
      }
      let now = Moment.now
      // A device may also say that it is ready, and take nothing.
      let last = end ?? now + Self.patience
      guard now < last else { throw .bound("the device took no data for \(Self.patience)") }
      end = last
      try goOn()
      _ = try onDevice { () throws(DeviceError) in
        try stream.wait(for: .writing, until: .now + streamPatience)
      }
    }
  }
}
