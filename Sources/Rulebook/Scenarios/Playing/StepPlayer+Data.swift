import Glibc
import Migration
import VFIO

/// Moving data.
extension StepPlayer {
  func read(
    _ amount: Scenario.Amount, into name: String, until end: ContinuousClock.Instant, _ memory: inout ScenarioMemory
  ) -> Deed {
    var deed = Deed()
    let reader = session.interface.reader(.auto)
    let stopped = session.stateAtAGlance?.isRunning == false
    repeat {
      if isCancelled() {
        deed.isCancelled = true
        break
      }
      let piece = readPiece(from: reader, stopped, into: name, &memory, &deed)
      guard let piece else { break }
      deed.got = piece
      if amount == .chunk || piece == .end || (amount == .drain && piece == .nothing) { break }
      // The device may need a moment; asking at once again would only keep it from its work.
      if piece == .nothing { usleep(1000) }
      if ContinuousClock.now >= end { deed.got = piece == .nothing ? .nothing : .more }
    } while ContinuousClock.now < end
    deed.words = deed.moved + (deed.got.map { deed.chunks == 0 || $0 != .chunk ? ", \($0.words)" : "" } ?? "")
    return deed
  }

  /// Nil when there is an error, which is noted.
  private func readPiece(
    from reader: any ChunkReader, _ stopped: Bool, into name: String, _ memory: inout ScenarioMemory,
    _ deed: inout Deed
  ) -> Expectation.Got? {
    var chunk: [UInt8] = []
    let piece: Piece
    do throws(TransferFault) {
      piece = try reader.next(stopped: stopped) { (bytes, _) throws(TransferFault) in
        bytes.withUnsafeBytes { chunk += $0 }
      }
    } catch {
      deed.note(error)
      return nil
    }
    if !chunk.isEmpty {
      do throws(Untried) {
        try memory.keep(chunk, as: name)
      } catch {
        deed.obstacle = error.why
        return nil
      }
      deed.bytes += chunk.count
      deed.chunks += 1
    }
    return switch piece {
    case .chunk: .chunk
    case .nothingNow: .nothing
    case .end: .end
    }
  }

  func load(_ damage: Scenario.Damage, _ chunks: [LoadData], until end: ContinuousClock.Instant) -> Deed {
    var deed = Deed()
    do throws(Untried) {
      let keepsChunks = session.interface.protocol == .v1
      if let damaged = try damage.applied(to: chunks, keepsChunks: keepsChunks) {
        try load(damaged, inPiecesOf: keepsChunks ? nil : Self.pieceSize, until: end, &deed)
      } else {
        deed.obstacle = "there are too few data to load them \(damage.rawValue): \(counted(chunks.count, "chunk"))"
      }
    } catch {
      deed.obstacle = error.why
    }
    return deed
  }

  /// Bytes that are written at once where that means nothing to the device.
  private static let pieceSize = 256 << 10

  private func load(
    _ chunks: [LoadData], inPiecesOf size: Int?, until end: ContinuousClock.Instant, _ deed: inout Deed
  ) throws(Untried) {
    let writer = session.interface.writer(.auto)
    for chunk in chunks {
      if isCancelled() {
        deed.isCancelled = true
        break
      }
      guard ContinuousClock.now < end else {
        deed.obstacle = "the device has not taken all data in time"
        break
      }
      guard try put(chunk, inPiecesOf: size, by: writer, &deed) else { break }
      deed.bytes += chunk.count
      deed.chunks += 1
    }
    // What became of the last writes, where they were not waited for.
    do throws(TransferFault) { try writer.finish() } catch { deed.note(error) }
    deed.words = deed.moved
  }

  /// False when there is an error, which is noted.
  private func put(
    _ chunk: LoadData, inPiecesOf size: Int?, by writer: any ChunkWriter, _ deed: inout Deed
  ) throws(Untried) -> Bool {
    for piece in size.map({ chunk.chunks(of: $0) }) ?? [chunk] {
      let bytes = try piece.bytes()
      do throws(TransferFault) {
        try writer.put(bytes.span.bytes)
      } catch {
        deed.note(error)
        return false
      }
    }
    return true
  }
}

extension Deed {
  /// `3 chunks, 4096 bytes`.
  fileprivate var moved: String { "\(counted(chunks, "chunk")), \(counted(bytes, "byte"))" }

  /// A device that refuses may be what is expected; everything else is not.
  fileprivate mutating func note(_ fault: TransferFault) {
    switch fault {
    case .device(let error): failure = error.reason
    case .step, .window, .stream, .bound, .cancelled, .stranded: obstacle = fault.description
    }
  }
}
