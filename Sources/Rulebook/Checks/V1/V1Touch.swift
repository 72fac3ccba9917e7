import Migration
import VFIO

/// What this program did with the migration region in one access, as the journal has it.
enum V1Touch: Equatable {
  case readState
  case setState(UInt32)
  case readPending(UInt64)
  case readOffset(UInt64)
  case readSize(UInt64)
  case setSize(UInt64)
  case readData(count: Int)
  case setData(offset: UInt64, count: Int)
  /// A part of the window was mapped. How it is used then leaves no trace.
  case map
}

extension V1Touch {
  /// What the access was, if it reached this region.
  init?(_ access: Access, of region: Region) {
    guard access.failure == nil else { return nil }
    switch access.operation {
    case .read(region.index, let offset, _):
      self.init(read: access, at: offset)
    case .write(region.index, let offset, _):
      self.init(write: access, at: offset)
    case .map(region.index, _, _): self = .map
    default: return nil
    }
  }

  private init?(read access: Access, at offset: UInt64) {
    typealias Register = MigrationRegion.Register
    let value: UInt64 = access.payload.number(at: 0) ?? 0
    switch offset {
    case Register.deviceState: self = .readState
    case Register.pendingBytes: self = .readPending(value)
    case Register.dataOffset: self = .readOffset(value)
    case Register.dataSize: self = .readSize(value)
    case MigrationRegion.headerSize...: self = .readData(count: access.result)
    default: return nil
    }
  }

  private init?(write access: Access, at offset: UInt64) {
    typealias Register = MigrationRegion.Register
    switch offset {
    case Register.deviceState: self = .setState(access.payload.number(at: 0) ?? 0)
    case Register.dataSize: self = .setSize(access.payload.number(at: 0) ?? 0)
    case MigrationRegion.headerSize...: self = .setData(offset: offset, count: access.result)
    default: return nil
    }
  }
}

extension V1Bench {
  /// What was done with the region since the journal had so many entries, as far as it still has them.
  func touches(since first: Int) -> [V1Touch] {
    bench.journal.entries(from: first).compactMap { numbered in
      switch numbered.entry {
      case .access(let access, _): V1Touch(access, of: region)
      case .step: nil
      }
    }
  }

  /// Lets this program save the device as it always does, and forgets the data.
  ///
  /// - Returns: what it did with the region.
  func ownSave(preCopy: Bool) -> (touches: [V1Touch], report: TransferReport) {
    var options = TransferOptions()
    options.preCopy = preCopy
    options.downtimeTarget = .zero
    options.limits.bytes = UInt64(Bench.byteLimit)
    options.limits.time = Bench.patience
    options.limits.preCopyTime = .milliseconds(10)
    options.limits.stall = Bench.patience
    let first = bench.journal.count
    let report = SaveOperation(bench.session, to: RawStreamWriter(Nowhere(), digest: false), options: options).run()
    return (touches(since: first), report)
  }

  /// Lets this program load what was saved, as it always does.
  ///
  /// - Returns: what it did with the region.
  func ownLoad(_ chunks: [LoadData]) -> (touches: [V1Touch], report: TransferReport) {
    var options = TransferOptions()
    options.limits.time = Bench.patience
    let first = bench.journal.count
    let report = LoadOperation(bench.session, from: LoadChunks(chunks), options: options).run()
    return (touches(since: first), report)
  }
}

/// Takes bytes and keeps none.
private final class Nowhere: ByteSink {
  func write(_ bytes: RawSpan) {}
  func finish() {}
  func abandon() {}
}
