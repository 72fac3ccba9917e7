import TOMLKit
import VFIO

/// A profile as it stands in its file. What is left out is as in the profile that it is like.
private struct ProfileFile: Decodable {
  /// The profile from which it says only the differences.
  let like: String?
  let migrationProtocol: MigrationProtocol?
  let description: String?
  let resetAnnounced: Bool?
  let stateKept: Bool?
  /// How the observed device departs from the reference.
  let quirks: [String]?
  /// The rules that it breaks, where it is not like another profile.
  let breaks: [String]?
  /// The same behind a vfio-user socket.
  let breaksServed: [String]?
  /// Those that differ.
  let defaults: [String: String]?
  let identity: Profile.Identity?
  let migrationRegion: Profile.MigrationRegionPlace?
  let states: [String: State]?
  /// The tables of v1: from a state, all that one write reaches.
  let arcs: [String: [String]]?
  /// The table of v2: from a state to a state, the next step.
  let next: [String: [String: String]]?
  /// From a state, the next steps that the table has and the device does not.
  let without: [String: [String]]?

  struct State: Decodable {
    let runs: Bool
    let session: TransitionTable.Session?
    let needs: [String]?
  }

  enum CodingKeys: String, CodingKey {
    case like, description, quirks, breaks, defaults, identity, states, arcs, next, without
    case breaksServed = "breaks-served"
    case migrationProtocol = "protocol"
    case resetAnnounced = "reset-announced"
    case stateKept = "state-kept"
    case migrationRegion = "migration-region"
  }
}

extension Profile {
  /// Reads a profile's file.
  init(name: String, text: String) throws(AddressError) {
    try self.init(name: name, files: Self.files(name, text))
  }

  /// The file, and behind it those that it is like.
  private static func files(_ name: String, _ text: String) throws(AddressError) -> [ProfileFile] {
    var files: [ProfileFile] = []
    var next: String? = text
    // A profile that is like itself must not hang the program.
    while let text = next, files.count <= ProfileCatalog.files.count {
      do {
        files.append(try TOMLDecoder(strictDecoding: true).decode(ProfileFile.self, from: text))
      } catch {
        throw .brokenProfile(name, why: "\(error)")
      }
      guard let like = files.last?.like else { return files }
      next = ProfileCatalog.files.first { $0.name == like }?.text
      if next == nil { throw .brokenProfile(name, why: "there is no profile \(like)") }
    }
    throw .brokenProfile(name, why: "it is like itself")
  }

  private init(name: String, files: [ProfileFile]) throws(AddressError) {
    /// The nearest file that says it.
    func said<Value>(_ key: String, _ value: (ProfileFile) -> Value?) throws(AddressError) -> Value {
      for file in files {
        if let value = value(file) { return value }
      }
      throw .brokenProfile(name, why: "there is no \(key)")
    }
    self.name = name
    description = try said("description") { $0.description }
    migrationProtocol = try said("protocol") { $0.migrationProtocol }
    announcesReset = try said("reset-announced") { $0.resetAnnounced }
    keepsState = files.lazy.compactMap(\.stateKept).first ?? false
    defaults = files.reduce(into: [:]) { all, file in all.merge(file.defaults ?? [:]) { near, _ in near } }
    identity = try said("identity") { $0.identity }
    migrationRegion = files.lazy.compactMap(\.migrationRegion).first
    (breaks, breaksServed) = (files.first?.breaks ?? [], files.first?.breaksServed ?? [])
    let states = try said("states") { $0.states }
    let steps = try said("arcs, and no next") { $0.next ?? $0.direct }
    let without = files.lazy.compactMap(\.without).first ?? [:]
    do throws(UnknownWord) {
      transitions = try Words(states: states, migrationProtocol: migrationProtocol).transitions(steps, without)
    } catch {
      throw .brokenProfile(name, why: "there is no \(error.word)")
    }
    let device = Quirk.Device(
      migrationProtocol: migrationProtocol, dataOffset: migrationRegion?.dataOffset ?? 0)
    var quirks: [Quirk.Maker] = []
    for word in files.lazy.compactMap(\.quirks).first ?? [] {
      do throws(UnknownQuirk) {
        quirks.append(try Quirk.maker(word, for: device))
      } catch {
        throw .brokenProfile(name, why: error.why)
      }
    }
    self.quirks = quirks
  }
}

/// A state or a flag that the protocol does not have.
private struct UnknownWord: Error {
  let word: String
}

extension ProfileFile {
  /// The arcs of v1 as steps: each leads straight to its end.
  fileprivate var direct: [String: [String: String]]? {
    arcs.map { $0.mapValues { targets in Dictionary(uniqueKeysWithValues: Set(targets).map { ($0, $0) }) } }
  }
}

/// The words of a profile's tables.
private struct Words {
  let states: [String: ProfileFile.State]
  let migrationProtocol: MigrationProtocol

  func transitions(
    _ steps: [String: [String: String]], _ without: [String: [String]]
  ) throws(UnknownWord) -> TransitionTable {
    for word in without.flatMap({ [$0] + $1 }) { _ = try number(word) }
    var traits: [UInt32: TransitionTable.Traits] = [:]
    for (word, state) in states {
      traits[try number(word)] = TransitionTable.Traits(
        runs: state.runs, session: state.session, needs: try flags(state.needs ?? []))
    }
    var next: [UInt32: [UInt32: UInt32]] = [:]
    for (from, row) in steps {
      for (to, step) in row where without[from]?.contains(step) != true {
        next[try number(from), default: [:]][try number(to)] = try number(step)
      }
    }
    return TransitionTable(states: traits, next: next)
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
