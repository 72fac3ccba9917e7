import Migration

/// A play for one device or two: steps, what each is to lead to, and a sentence about it. It is read from a file of TOML;
/// the form is told at the head of `Resources/Scenarios/v2-save-restore.toml`.
public struct Scenario: Sendable, Equatable {
  /// What a device does in it.
  public enum Role: String, Sendable, CaseIterable {
    /// The only device, or the one that gives its data.
    case source
    /// The one that takes data.
    case destination
  }

  /// The file's name, without its suffix.
  public let name: String
  /// A title.
  public let title: String
  /// What it shows, in a sentence or two.
  public let shows: String
  /// The protocol that its devices speak.
  public let `protocol`: MigrationProtocol
  /// The state in which the devices are to be at its beginning; also where a reset leads.
  public let begins: State
  /// Names of devices that it can be played on, such as simulated ones that have what it shows: as many as it has roles.
  public let devices: [String]
  /// How long its steps may take, all together.
  public let limit: Duration
  /// Its steps in the file's order. What is repeated follows the step that repeats it.
  public let steps: [Step]

  /// The most steps that are played, with all repetitions.
  public static let stepLimit = 1000
  /// The longest that a scenario may take.
  public static let longestLimit = Duration.seconds(3600)
  /// The most bytes that a scenario keeps, in a file.
  static let memoryLimit = 256 << 20

  /// The roles that it has.
  public var roles: [Role] { steps.contains { $0.role == .destination } ? Role.allCases : [.source] }

  /// The faults that its steps switch on, by the words that `DeviceFault` knows.
  public var injectedFaults: [String] {
    steps.compactMap { step in if case .inject(let word, isOn: true) = step.action { word } else { nil } }
  }

  /// What a device is called in messages: one alone has no role that anybody would have to know.
  public func label(_ role: Role) -> String { roles.count == 1 ? "device" : role.rawValue }
}

extension Scenario {
  /// One step.
  public struct Step: Sendable, Equatable {
    /// What is done and why, in a sentence.
    public let words: String
    /// The device it is done to.
    public let role: Role
    /// The state without which a device passes the step over; nil when the step is for all.
    public let needed: State?
    /// What is done.
    public let action: Action
    /// What is to come of it.
    public let expected: Expectation
    /// Its line in the file.
    public let line: Int
    /// Whether it is repeated by a step before it.
    public let isRepeated: Bool
  }

  /// What a step does.
  public enum Action: Sendable, Equatable {
    /// Only looks.
    case look
    /// Asks for a state.
    case ask(State)
    /// Asks for a number as it is.
    case raw(UInt32)
    /// Resets the device.
    case reset
    /// Reads data and keeps it in memory under this name, behind what is there.
    case read(Amount, into: String, within: Duration)
    /// Gives the device the data that was kept under this name.
    case load(Damage, from: String)
    /// Waits for so long, or until something is so; that it never is, is a failure.
    case wait(Duration, until: Expectation?)
    /// Keeps the value of a field under a name.
    case remember(String, as: String)
    /// Switches a fault of the device's own on, or off.
    case inject(String, isOn: Bool)
    /// Plays the `count` steps behind this one so many times at most, or until something is so; that it never is, is a
    /// failure.
    case `repeat`(times: Int, count: Int, until: Expectation?)
  }

  /// How much is read.
  public enum Amount: String, Sendable, CaseIterable {
    /// One chunk.
    case chunk
    /// Until there is nothing for now, or no more at all.
    case drain
    /// Until the end, which only a stopped device tells.
    case all
  }

  /// What is done to data before a device gets it.
  public enum Damage: String, Sendable, CaseIterable {
    /// Nothing.
    case whole
    /// The end is left out.
    case cut
    /// One bit in the middle is turned over.
    case flipped
    /// What came first comes second.
    case reordered
  }
}

extension Scenario.Action {
  /// What is done, in a few words, as the file says it.
  public var words: String {
    switch self {
    case .look: "look"
    case .ask(let state): "ask for \(state.name)"
    case .raw(let number): "ask for the number 0x\(String(number, radix: 16))"
    case .reset: "reset"
    case .read(.chunk, _, _): "read a chunk"
    case .read(.drain, _, _): "read what there is"
    case .read(.all, _, _): "read all"
    case .load(.whole, _): "load all"
    case .load(let damage, _): "load, \(damage.rawValue)"
    case .wait(let time, nil): "wait \(time.words)"
    case .wait(let time, _?): "wait, \(time.words) at most"
    case .remember(let field, let name): "remember \(field) as \(name)"
    case .inject(let name, let isOn): isOn ? "switch on \(name)" : "switch off \(name)"
    case .repeat(let times, _, nil): "\(times) times"
    case .repeat(let times, _, let until?): "until \(until), \(times) times at most"
    }
  }
}

extension Duration {
  /// `2 s`, `0.5 s`.
  var words: String {
    let seconds = self / .seconds(1)
    return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
