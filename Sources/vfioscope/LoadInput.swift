import Glibc
import Migration

/// What `load` loads, and what is wrong with it.
struct LoadInput {
  let source: any ChunkSource
  /// Where it comes from; nil when the file does not say.
  let identity: StreamIdentity?
  /// Why it would not be loaded without --force.
  var faults: [StreamFault] = []

  /// A stream file. One that is good is checked as a whole first; what comes through a pipe is checked as it comes.
  static func streamFile(_ path: String, force: Bool, chunk: Int) throws(StreamFault) -> LoadInput {
    let comesOnce = comesOnce(path)
    do throws(StreamFault) {
      if comesOnce {
        let reader = try StreamFileReader(path: path)
        return LoadInput(source: reader, identity: reader.identity)
      }
      let reader = try StreamFileReader(checking: path)
      return LoadInput(source: ReadAhead(reader), identity: reader.identity)
    } catch {
      guard force, !comesOnce, error.isDamage else { throw error }
      return LoadInput(source: try damaged(path, chunk: chunk), identity: nil, faults: [error])
    }
  }

  /// Whether it can't be looked at before it is loaded.
  static func comesOnce(_ path: String) -> Bool {
    if path == "-" { return true }
    var status = stat()
    return stat(path, &status) == 0 && [S_IFIFO, S_IFCHR].contains(status.st_mode & S_IFMT)
  }

  /// The bytes of a file that is no stream file are taken as they are.
  private static func damaged(_ path: String, chunk: Int) throws(StreamFault) -> any ChunkSource {
    if try StreamFile.isOne(path: path) { return try DamagedStreamReader(path: path) }
    return try RawStreamReader(path: path, chunk: chunk)
  }

  /// A file of the device's bytes and nothing else.
  static func raw(_ path: String, chunk: Int) throws(StreamFault) -> LoadInput {
    let reader = try RawStreamReader(path: path, chunk: chunk)
    try reader.check()
    return LoadInput(source: reader, identity: nil)
  }
}
