/// A fault of a device that can be switched on while it is used: what a program that uses devices has to survive.
///
/// `NAME`, or `NAME:VALUE` where a value is taken, such as `refuse-state:stop-copy/EIO`.
public struct DeviceFault: Sendable {
  /// Its name.
  public let name: String
  /// What a value behind the name looks like; nil when there is none.
  public let value: String?
  /// Such a value; nil when there is none.
  public let example: String?
  /// The protocols in which it can happen.
  public let protocols: Set<Protocols>
  /// What the device does, in a sentence.
  public let what: String
  /// What a program that uses the device is expected to do, in a sentence.
  public let expected: String
  /// Whether nothing can be done with the device, not even a reset, as long as it is on.
  public let takesDeviceAway: Bool
  /// Makes it from its value; nil when the value is none. Made anew each time, because it may remember what was asked.
  let make: @Sendable (String) -> Interference?

  /// The migration protocols.
  public enum Protocols: String, Sendable {
    case v1
    case v2
  }

  init(
    _ name: String, value: String? = nil, example: String? = nil, _ protocols: Set<Protocols> = [.v1, .v2],
    what: String, expected: String, takesDeviceAway: Bool = false, _ make: @escaping @Sendable (String) -> Interference?
  ) {
    self.name = name
    (self.value, self.example) = (value, example)
    self.protocols = protocols
    self.what = what
    self.expected = expected
    self.takesDeviceAway = takesDeviceAway
    self.make = make
  }

  /// All there are.
  public static let all: [DeviceFault] = live + descriptions

  /// Those that show while a device is used. The others show when it is opened.
  public static let live: [DeviceFault] = states + registers + streams + resets

  /// The word for it, with what its value looks like: `short-reads:BYTES`.
  public var word: String { name + (value.map { ":\($0)" } ?? "") }

  /// `, such as short-reads:7`; empty when it takes no value.
  public var suchAs: String { example.map { ", such as \(name):\($0)" } ?? "" }

  /// The one that a word names, whatever its value.
  public static func named(_ word: String) -> DeviceFault? {
    let name = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
    return all.first { $0.name == name }
  }

  /// Makes the interference that a word names. Throws with what is wrong with the word.
  public static func interference(_ word: String) throws(UnknownFault) -> Interference {
    let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let fault = named(word) else {
      throw UnknownFault(description: "there is no fault \(parts[0])")
    }
    guard (parts.count == 2) == (fault.value != nil), let made = fault.make(parts.count == 2 ? parts[1] : "") else {
      throw UnknownFault(
        description: fault.value == nil
          ? "\(fault.name) takes no value" : "\(fault.name) takes a value: \(fault.word)\(fault.suchAs)")
    }
    return made
  }
}

/// A word that names no fault.
public struct UnknownFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with it.
  public let description: String
}

/// The faults that are switched on for one device, in the order in which they were.
public final class FaultSwitches: Sendable {
  private let device: InterferedDevice
  private let active = Remembered<[(word: String, interference: Interference)]>([])

  /// Switches for this device; all are off.
  public init(_ device: InterferedDevice) { self.device = device }

  /// The words of those that are on.
  public var words: [String] { active.now.map(\.word) }

  /// Switches one on, from the next call of the device on.
  public func on(_ word: String) throws(UnknownFault) {
    let interference = try DeviceFault.interference(word)
    device.interfere(
      active.change { active in
        active.first { $0.word == word }?.interference.ended?()
        active.removeAll { $0.word == word }
        active.append((word, interference))
        return Interference.stacked(active.map(\.interference))
      })
  }

  /// Switches one off; false when it was not on.
  public func off(_ word: String) -> Bool {
    let (rest, found) = active.change { active in
      let found = active.first { $0.word == word }
      active.removeAll { $0.word == word }
      return (Interference.stacked(active.map(\.interference)), found)
    }
    device.interfere(rest)
    found?.interference.ended?()
    return found != nil
  }

  /// Switches all off.
  public func allOff() {
    let all = active.change { active in
      defer { active = [] }
      return active
    }
    device.interfere(nil)
    for fault in all { fault.interference.ended?() }
  }
}
