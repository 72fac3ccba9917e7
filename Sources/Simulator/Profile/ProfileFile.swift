import TOMLKit
import VFIO

/// A profile as it stands in its file.
private struct ProfileFile: Decodable {
  let migrationProtocol: MigrationProtocol
  let description: String
  let resetAnnounced: Bool
  let defaults: [String: String]
  let identity: Profile.Identity
  let migrationRegion: Profile.MigrationRegionPlace?
  let states: [String: State]
  /// The tables of v1: from a state, all that one write reaches.
  let arcs: [String: [String]]?
  /// The table of v2: from a state to a state, the next step.
  let next: [String: [String: String]]?

  struct State: Decodable {
    let runs: Bool
    let session: TransitionTable.Session?
    let needs: [String]?
  }

  enum CodingKeys: String, CodingKey {
    case description, defaults, identity, states, arcs, next
    case migrationProtocol = "protocol"
    case resetAnnounced = "reset-announced"
    case migrationRegion = "migration-region"
  }
}

extension Profile {
  /// Reads a profile's file.
  init(name: String, text: String) throws(AddressError) {
    let file: ProfileFile
    do {
      file = try TOMLDecoder(strictDecoding: true).decode(ProfileFile.self, from: text)
    } catch {
      throw .brokenProfile(name, why: "\(error)")
    }
    self.name = name
    description = file.description
    migrationProtocol = file.migrationProtocol
    announcesReset = file.resetAnnounced
    defaults = file.defaults
    identity = file.identity
    migrationRegion = file.migrationRegion
    do throws(UnknownWord) {
      transitions = try file.transitions()
    } catch {
      throw .brokenProfile(name, why: "there is no \(error.word)")
    }
  }
}

/// A state or a flag that the protocol does not have.
private struct UnknownWord: Error {
  let word: String
}

extension ProfileFile {
  fileprivate func transitions() throws(UnknownWord) -> TransitionTable {
    var traits: [UInt32: TransitionTable.Traits] = [:]
    for (word, state) in states {
      traits[try number(word)] = TransitionTable.Traits(
        runs: state.runs, session: state.session, needs: try flags(state.needs ?? []))
    }
    var steps: [UInt32: [UInt32: UInt32]] = [:]
    for (from, row) in next ?? direct {
      for (to, step) in row {
        steps[try number(from), default: [:]][try number(to)] = try number(step)
      }
    }
    return TransitionTable(states: traits, next: steps)
  }

  /// The arcs of v1 as steps: each leads straight to its end.
  private var direct: [String: [String: String]] {
    (arcs ?? [:]).mapValues { targets in Dictionary(uniqueKeysWithValues: Set(targets).map { ($0, $0) }) }
  }

  private func number(_ word: String) throws(UnknownWord) -> UInt32 {
    guard states[word] != nil, let number = migrationProtocol.state(named: word) else { throw UnknownWord(word: word) }
    return number
  }

  private func flags(_ words: [String]) throws(UnknownWord) -> V2Flags {
    var flags: V2Flags = []
    for word in words {
      guard let flag = [V2Flags.stopCopy, .p2p, .preCopy].first(where: { $0.names == [word] }) else {
        throw UnknownWord(word: word)
      }
      flags.insert(flag)
    }
    return flags
  }
}
