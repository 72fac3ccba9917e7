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
  /// A file that must not stay behind then.
  var part: String?

  /// Whether one of its devices has not answered a call for so long: then nothing comes of waiting.
  func hangs(for time: Duration) -> Bool {
    devices.contains { handle in
      handle.journal.open.map { $0.start.duration(to: handle.journal.now) >= time } ?? false
    }
  }
}
