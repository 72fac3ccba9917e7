import VFIO

/// How the data section of the migration region is accessed. The document leaves the choice to the user; devices exist
/// that offer a map that shows nothing, and others that refuse messages.
public enum WindowAccess: String, Sendable, CaseIterable {
  /// By read and write, and by the map when those are not supported.
  case auto
  /// By read and write alone.
  case message
  /// By the map alone.
  case map
}

/// The data section of a v1 device, accessed the way that was chosen.
final class V1DataSection {
  private let device: any Device
  private let region: Region
  private var access: WindowAccess
  private let goOn: GoingOn
  private var buffer = ChunkBuffer()
  private typealias Mapped = (place: Range<UInt64>, window: any MappedWindow)
  /// The one that was mapped last is the last.
  private var mapped: [Mapped] = []

  init(_ device: any Device, _ region: Region, _ access: WindowAccess, _ goOn: @escaping GoingOn) {
    self.device = device
    self.region = region
    self.access = access
    self.goOn = goOn
  }

  /// Hands out the chunk at this place, part by part.
  func read(
    _ chunk: Range<UInt64>, lending take: (inout ChunkBuffer, ChunkPart) throws(TransferFault) -> Void
  ) throws(TransferFault) {
    var offset = chunk.lowerBound
    while offset < chunk.upperBound {
      let left = Int(chunk.upperBound - offset)
      let part = ChunkPart(count: min(left, ChunkPart.limit), left: max(0, left - ChunkPart.limit))
      try fillBuffer(with: part.count, at: offset, of: chunk)
      try take(&buffer, part)
      offset += UInt64(part.count)
      if part.left > 0 { try goOn() }
    }
  }

  private func fillBuffer(with count: Int, at offset: UInt64, of chunk: Range<UInt64>) throws(TransferFault) {
    if access != .map {
      if try readByMessage(at: offset, count: count) { return }
      access = .map
    }
    let part = offset..<offset + UInt64(count)
    let window = try window(on: part, mapping: Self.slice(of: region.mappableArea(around: chunk), around: part))
    // Copied, though the map could be handed out as it is: a device that vanishes then is an error here, where a look at
    // its map, as for a checksum, would end the program.
    try onDevice { () throws(DeviceError) in
      try buffer.fill(0..<count) { (bytes) throws(DeviceError) in
        try window.window.copy(from: Int(offset - window.place.lowerBound), into: &bytes)
      }
    }
  }

  /// Puts a part of the chunk whose place is `chunk` at `offset`.
  func write(_ part: RawSpan, at offset: UInt64, of chunk: Range<UInt64>) throws(TransferFault) {
    if offset > chunk.lowerBound { try goOn() }
    if access != .map {
      if try writeByMessage(part, at: offset) { return }
      access = .map
    }
    // All at once: pages that are mapped anew for each chunk cost more to write than to read.
    let window = try window(on: chunk, mapping: region.mappableArea(around: chunk))
    try onDevice { () throws(DeviceError) in
      try window.window.copy(part, to: Int(offset - window.place.lowerBound))
    }
  }

  // MARK: messages

  /// False when the device does not support messages and the map may be tried.
  private func readByMessage(at offset: UInt64, count: Int) throws(TransferFault) -> Bool {
    var done = 0
    while done < count {
      let got = try unlessUnsupported { () throws(DeviceError) in
        try buffer.fill(done..<count) { (bytes) throws(DeviceError) in
          try device.read(region, at: offset + UInt64(done), into: &bytes)
        }
      }
      guard let got else { return false }
      guard got > 0 else {
        throw .window("the device gave \(done) of the \(count) bytes it had announced")
      }
      done += got
      if done < count { try goOn() }
    }
    return true
  }

  private func writeByMessage(_ part: RawSpan, at offset: UInt64) throws(TransferFault) -> Bool {
    var done = 0
    while done < part.byteCount {
      let rest = part.extracting(done..<part.byteCount)
      let taken = try unlessUnsupported { () throws(DeviceError) in
        try device.write(region, at: offset + UInt64(done), from: rest)
      }
      guard let taken else { return false }
      guard taken > 0 else { throw .window("the device took \(done) of \(part.byteCount) bytes of a chunk") }
      done += taken
      if done < part.byteCount { try goOn() }
    }
    return true
  }

  /// Nil when the device does not support the call at all and the map may be used instead.
  private func unlessUnsupported(_ call: () throws(DeviceError) -> Int) throws(TransferFault) -> Int? {
    do throws(DeviceError) {
      return try uninterrupted(call)
    } catch {
      if access == .auto, let errno = error.errno, errno == .ENOTSUP { return nil }
      throw .device(error)
    }
  }

  // MARK: the map

  /// The map that holds this place; made anew when the device has moved its window out of those that are there.
  ///
  /// - Parameter area: what is mapped then.
  private func window(
    on place: Range<UInt64>, mapping area: @autoclosure () -> Range<UInt64>
  ) throws(TransferFault) -> Mapped {
    if let found = mapped.first(where: { $0.place.contains(place) }) { return found }
    let area = area()
    // What is mapped counts as memory of this program. Two are kept, for devices that use two windows in turn.
    if mapped.count == 2 { mapped.removeFirst() }
    let window = try onDevice { () throws(DeviceError) in
      try device.map(region, offset: area.lowerBound, count: Int(area.upperBound - area.lowerBound))
    }
    mapped.append((area, window))
    return (area, window)
  }

  /// How much of a window is mapped at once for a save, in bytes, and then as much more as a part that begins at its end may
  /// need.
  static let slice: UInt64 = 2 << 20

  /// The slice of the area in which the part begins. They all begin so many bytes apart: one that has been mapped serves
  /// all usual parts that begin in it.
  static func slice(of area: Range<UInt64>, around part: Range<UInt64>) -> Range<UInt64> {
    let start = part.lowerBound - (part.lowerBound - area.lowerBound) % slice
    let length = max(slice + UInt64(ChunkPart.limit), part.upperBound - start)
    return start..<start + min(length, area.upperBound - start)
  }
}

extension Region {
  /// The part that may be mapped and holds this place; the place alone when none does, for the device to say what it
  /// thinks of that.
  fileprivate func mappableArea(around place: Range<UInt64>) -> Range<UInt64> {
    for case .sparseMap(let areas) in capabilities {
      for area in areas where area.offset <= place.lowerBound && Int(exactly: area.size) != nil {
        let (end, overflow) = area.offset.addingReportingOverflow(area.size)
        if !overflow && place.upperBound <= end && end <= size { return area.offset..<end }
      }
    }
    return place
  }
}

/// Takes the data out of a v1 device: pending_bytes, data_offset, data_size, the data, and again (linux/vfio.h, 5.8).
final class V1Reader: LendingReader {
  private let interface: V1Interface
  private let section: V1DataSection
  /// Bytes read since `data_offset` was last asked for twice; at first too many.
  private var unsure = V1Reader.trusted
  /// So many bytes are taken on trust: short chunks would take notably longer with one more access each.
  private static let trusted = 1 << 20

  init(_ interface: V1Interface, _ access: WindowAccess, _ goOn: @escaping GoingOn) {
    self.interface = interface
    section = V1DataSection(interface.device, interface.region, access, goOn)
  }

  func next(
    stopped: Bool, lending take: (inout ChunkBuffer, ChunkPart) throws(TransferFault) -> Void
  ) throws(TransferFault) -> Piece {
    let now = Moment.now
    // Reading pending_bytes acknowledges the chunk before.
    let pending = try onDevice { () throws(DeviceError) in
      try uninterrupted { () throws(DeviceError) in try interface.acknowledgeChunk(at: now) }
    }
    guard pending > 0 else { return stopped ? .end : .nothingNow }
    let (offset, size) = try onDevice { () throws(DeviceError) in
      try uninterrupted { () throws(DeviceError) in try interface.openChunk(at: now) }
    }
    guard size > 0 else { return .nothingNow }
    let place = try interface.region.place(offset: offset, size: size)
    try check(offset, of: place.count)
    try section.read(place, lending: take)
    return .chunk(place.count)
  }

  /// A window that moves while its chunk is open would give other bytes than those of the chunk, in silence.
  private func check(_ offset: UInt64, of count: Int) throws(TransferFault) {
    // A made-up length may be more than can be added.
    unsure += min(count, Self.trusted + 1)
    guard unsure > Self.trusted else { return }
    unsure = 0
    let again = try onDevice { () throws(DeviceError) in
      try uninterrupted { () throws(DeviceError) in try interface.readOpenOffset() }
    }
    if again != offset {
      throw .window(
        "data_offset was \(offset), then \(again), for the same chunk: where its data lies is not known")
    }
  }

  /// Only known between chunks: reading pending_bytes acknowledges.
  func estimate(stopped: Bool) throws(TransferFault) -> Estimate {
    var estimate = Estimate()
    estimate.pending = interface.pendingLastSeen
    return estimate
  }
}

/// Gives data to a v1 device: data_offset, the data, data_size. Chunks stay as they were saved.
final class V1Writer: ChunkWriter {
  private let interface: V1Interface
  private let section: V1DataSection
  /// Where the chunk lies of which some parts are still to come, and when it was begun.
  private var open: (place: Range<UInt64>, time: Moment)?

  init(_ interface: V1Interface, _ access: WindowAccess, _ goOn: @escaping GoingOn) {
    self.interface = interface
    section = V1DataSection(interface.device, interface.region, access, goOn)
  }

  func put(_ bytes: RawSpan, left: Int) throws(TransferFault) {
    let (place, time) = if let open { open } else { try begin(size: bytes.byteCount + left) }
    open = left > 0 ? (place, time) : nil
    try section.write(bytes, at: place.upperBound - UInt64(left + bytes.byteCount), of: place)
    if left > 0 { return }
    try onDevice { () throws(DeviceError) in try interface.writeDataSize(UInt64(place.count), at: time) }
  }

  /// Each chunk was answered when it was given.
  func finish() throws(TransferFault) {}

  private func begin(size: Int) throws(TransferFault) -> (Range<UInt64>, Moment) {
    let now = Moment.now
    let offset = try onDevice { () throws(DeviceError) in
      try uninterrupted { () throws(DeviceError) in try interface.readDataOffset(at: now) }
    }
    return (try interface.region.place(offset: offset, size: UInt64(size)), now)
  }
}

extension Region {
  /// Where a chunk of this size lies, when that is behind the registers and inside the region.
  fileprivate func place(offset: UInt64, size: UInt64) throws(TransferFault) -> Range<UInt64> {
    let (end, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, offset >= MigrationRegion.headerSize, end <= self.size, Int(exactly: size) != nil else {
      throw .window("a chunk of \(size) bytes at offset \(offset) does not lie in the region of \(self.size) bytes")
    }
    return offset..<end
  }
}
