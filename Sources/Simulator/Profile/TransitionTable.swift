import VFIO

/// The states a device has and the steps between them: the simulator's own tables, read from the profile.
struct TransitionTable: Sendable {
  /// What a state means for the device.
  struct Traits: Sendable {
    /// The device runs: its memory changes.
    let runs: Bool
    /// Which way data move, if they do.
    let session: Session?
    /// The flags without which the state is not there.
    let needs: V2Flags

    /// Data are given while the device runs.
    var isPreCopy: Bool { runs && session == .saving }
  }

  /// A data session's direction.
  enum Session: String, Sendable, Decodable {
    case saving, resuming
  }

  /// The states by number.
  let states: [UInt32: Traits]
  /// The first step on the way from one state (outer key) to another (inner key).
  let next: [UInt32: [UInt32: UInt32]]

  /// Whether the device has this state.
  func offers(_ state: UInt32, with flags: V2Flags) -> Bool {
    states[state].map { flags.isSuperset(of: $0.needs) } ?? false
  }

  /// The next step from `state` to `target`, as the kernel's `vfio_mig_get_next_state` finds it: steps into states that
  /// the flags don't cover are skipped over. `EINVAL` when there is no way.
  func step(from state: UInt32, to target: UInt32, with flags: V2Flags) throws(Refusal) -> UInt32 {
    guard offers(state, with: flags), offers(target, with: flags) else { throw Refusal(.EINVAL) }
    var step = next[state]?[target]
    // A table that went round in circles must not hang the device.
    for _ in states {
      guard let skipped = step, !offers(skipped, with: flags) else { break }
      step = next[skipped]?[target]
    }
    guard let step, offers(step, with: flags) else { throw Refusal(.EINVAL) }
    return step
  }

  /// Whether a session goes on from one state to the next. It does inside the saving states until the device has
  /// stopped: what is sent then ends with the trailer, and a device that runs again begins anew.
  func sessionContinues(from old: UInt32, to new: UInt32) -> Bool {
    guard let old = states[old], let new = states[new], old.session == new.session else { return false }
    return old.runs || !new.runs
  }
}
