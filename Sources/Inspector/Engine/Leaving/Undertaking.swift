import Dispatch
import Migration

/// Something that goes on while the program is to end: it is given up, and waited for, before the program ends.
struct Undertaking {
  /// What, and with which devices, to stand at the beginning of a sentence: `The save of 0000:3b:00.2 to vm.stream`.
  let name: String
  /// The devices it keeps.
  let devices: [DeviceHandle]
  /// Asks it to end.
  let giveUp: () -> Void
  /// Whether it has ended, and its devices answer again.
  let isOver: () -> Bool
  /// What it came to, a line each, once it is over.
  let words: () -> [String]
  /// What is said when it is left in the middle, beside what is said of its devices.
  var unfinished: [String] = []
  /// Brings those devices that answer out of what was begun with them, as a work of the group; the others are given by
  /// their places.
  var rescue: (Set<Int>, DispatchGroup) -> Void = { _, _ in }
  /// A file that must not stay behind then; nil when there is none.
  var part: () -> String? = { nil }

  /// The devices that have not answered a call for so long, by their places.
  func hanging(for time: Duration) -> Set<Int> {
    Set(
      devices.indices.filter { index in
        let journal = devices[index].journal
        return journal.open.map { $0.start.duration(to: journal.now) >= time } ?? false
      })
  }
}
