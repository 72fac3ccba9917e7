import CVFIO
import Synchronization

/// The memory that we have given to a server's device. Servers that can't map it, or prefer not to, ask for it by
/// message; what they write so they don't log themselves, so it is logged here.
final class ServedMemory: Sendable {
  private struct Mapping {
    let range: DMARange
    let memory: SharedMemory
  }

  private struct State {
    var mappings: [Mapping] = []
    /// The pages written by message since the last look, by number; nil while nobody wants to know.
    var dirtyPages: Set<UInt64>?
  }

  /// What a bit of the log stands for, in bytes.
  static let pageSize: UInt64 = 4096

  private let state = Mutex(State())

  /// Gives this memory.
  func add(_ memory: SharedMemory, at iova: UInt64) {
    let mapping = Mapping(range: DMARange(iova: iova, length: UInt64(memory.count)), memory: memory)
    state.withLock { $0.mappings.append(mapping) }
  }

  /// Takes it away.
  func remove(_ range: DMARange) {
    state.withLock { $0.mappings.removeAll { $0.range == range } }
  }

  // MARK: the log

  /// Begins to log, or stops.
  func log(_ isOn: Bool) {
    state.withLock { $0.dirtyPages = isOn ? [] : nil }
  }

  /// Sets the bits of the pages written since the last look, and forgets them.
  func report(into bitmap: inout DirtyBitmap) {
    let pages = state.withLock { state in
      let inside = (state.dirtyPages ?? []).filter {
        bitmap.range.holds(DMARange(iova: $0 * Self.pageSize, length: 1))
      }
      state.dirtyPages?.subtract(inside)
      return inside
    }
    for page in pages { bitmap[Int((page * Self.pageSize - bitmap.range.iova) / bitmap.pageSize)] = true }
  }

  // MARK: the server's commands

  /// The reply to a command of the server; nil when it wants none.
  func answer(_ command: ReceivedMessage) -> (header: WireHeader, payload: [UInt8])? {
    let payload = reply(to: command)
    guard !command.header.flags.wantsNoReply else { return nil }
    let header = WireHeader(
      id: command.header.id, command: command.header.command, payload: payload?.count ?? 0,
      flags: payload == nil ? .errorReply : .reply, errorNumber: payload == nil ? UInt32(Errno.EINVAL.rawValue) : 0)
    return (header, payload ?? [])
  }

  private func reply(to command: ReceivedMessage) -> [UInt8]? {
    guard let access: cu_dma_access = command.payload.structure(at: 0) else { return nil }
    let head = Array(command.payload.prefix(MemoryLayout<cu_dma_access>.size))
    switch WireCommand(rawValue: command.header.command) {
    case .dmaRead: return read(access.address, access.count).map { head + $0 }
    case .dmaWrite:
      return write(Array(command.payload.dropFirst(head.count)), access.address, access.count) ? head : nil
    default: return nil
    }
  }

  private func read(_ address: UInt64, _ count: UInt64) -> [UInt8]? {
    guard count <= VFIOUserConnection.maxDataSize else { return nil }
    return inside(DMARange(iova: address, length: count)) { memory, offset in
      memory.withBytes { bytes in
        bytes.extracting(offset..<offset + Int(count)).withUnsafeBytes(Array.init)
      }
    }
  }

  private func write(_ bytes: [UInt8], _ address: UInt64, _ count: UInt64) -> Bool {
    guard count == bytes.count, count > 0 else { return false }
    let isDone = inside(DMARange(iova: address, length: count)) { memory, offset in
      memory.withMutableBytes { target in
        target.withUnsafeMutableBytes { target in
          target[offset..<offset + bytes.count].copyBytes(from: bytes)
        }
      }
      return true
    }
    guard isDone == true else { return false }
    let pages = address / Self.pageSize...(address + (count - 1)) / Self.pageSize
    state.withLock { $0.dirtyPages?.formUnion(pages) }
    return true
  }

  /// Does something with the memory that holds this range; nil when there is none.
  private func inside<R>(_ range: DMARange, _ body: (SharedMemory, Int) -> R) -> R? {
    let mapping = state.withLock { state in state.mappings.first { $0.range.holds(range) } }
    return mapping.map { body($0.memory, Int(range.iova - $0.range.iova)) }
  }
}
