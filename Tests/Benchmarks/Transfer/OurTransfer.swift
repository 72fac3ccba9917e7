import Glibc
import Migration

/// The same by vfioscope's own operations, as its commands use them.
struct OurTransfer {
  let way: Way
  let checksums: Checksums
  let clock: Clock
  /// The sessions'; nil for a new one each time.
  var journal: Journal?
  /// The most bytes that a message of vfio-user may bring.
  var maxRead = 1 << 20

  private var options: TransferOptions {
    var options = TransferOptions()
    options.preCopy = false
    options.access = way.access
    return options
  }

  /// Saves a device to a stream file.
  ///
  /// - Returns: how long it took until all data was in the file and the device ran again, and until the file had its
  ///   digest and its name.
  func save(_ address: String, to path: String) throws -> [Duration] {
    let session = try open(address, journal: journal ?? Journal(), maxRead: maxRead)
    unlink(path)
    var moved = Duration.zero
    let start = clock.now
    let whole = try clock.time {
      let writer = WriteBehind(
        try StreamFileWriter(try FileSink(path: path), identity: way.identity, checksums: checksums))
      let report = SaveOperation(session, to: writer, options: options).run()
      if let fault = report.fault { throw fault }
      moved = clock.now - start
      _ = try writer.finish(finalState: report.states.first?.state)
    }
    return [moved, whole]
  }

  /// Loads a stream file into a device.
  func load(_ file: any ChunkSource, into session: MigrationSession) throws {
    let report = LoadOperation(session, from: file, options: options).run()
    if let fault = report.fault { throw fault }
  }

  /// Checks a stream file and loads a device from it.
  ///
  /// - Returns: what the load took, and what the check before it took.
  func load(_ address: String, from path: String) throws -> [Duration] {
    let session = try open(address, journal: journal ?? Journal())
    var file: StreamFileReader?
    let check = try clock.time { file = try StreamFileReader(checking: path) }
    return [try clock.time { try file.map { try load(ReadAhead($0), into: session) } }, check]
  }
}
