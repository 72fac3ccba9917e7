import Migration
import Rulebook
import Terminal

/// One view of the program: a value that draws itself from the store and turns keys into reactions.
protocol View {
  /// What the top line says.
  func title(_ store: Store) -> String
  /// The keys that work now, for the bottom line and the help.
  func keys(_ store: Store) -> [KeyHint]
  /// Whether the view lies over the one below it, which then stays visible.
  var isOverlay: Bool { get }
  /// Whether characters are typed into it: then none of them is a key for the program.
  var takesText: Bool { get }
  /// The device it is about, for the badge that says whether it is armed.
  var device: DeviceReference? { get }
  /// Takes a key.
  mutating func handle(_ key: Key, _ store: Store) -> Reaction
  /// Draws the view.
  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store)
}

extension View {
  var isOverlay: Bool { false }
  var takesText: Bool { false }
  var device: DeviceReference? { nil }
}

/// A key and what it does now, in a word or two.
struct KeyHint: Equatable {
  let key: String
  let what: String

  init(_ key: String, _ what: String) {
    self.key = key
    self.what = what
  }
}

/// What a key leads to.
enum Reaction {
  /// Nothing, or only the view itself has changed.
  case stay
  /// Another view comes on top.
  case push(any View)
  /// The view goes away.
  case pop
  /// Another view takes the place of this one.
  case replace(any View)
  /// Something is done to a device, after which the view and what lies over the device goes away.
  case perform(DeviceReference, Command)
  /// Data begins to be moved, and is shown.
  case begin(FlowJob, TransferOptions)
  /// A flow is asked to end.
  case giveUp(Flow)
  /// A scenario is made ready to be played on these devices, and is shown.
  case rehearse(Scenario, [DeviceReference])
  /// Something is done in a play, and its devices are armed for it.
  case play(Stage, Stage.Command)
  /// The program ends.
  case quit
}

/// Something that is done to a device. Only an armed device takes what changes something.
enum Command: Equatable {
  case step(Request)
  case act(DeviceHandle.Action)
  case watchDirtyPages
  case checkRules(Rule.Harm)
  case makeFault(UserFault)
  case arm
  case disarm
  case close
}

extension Command {
  /// The view in which it is seen what comes of it; nil when that is the one below.
  func view(of device: DeviceReference) -> (any View)? {
    switch self {
    case .watchDirtyPages: DirtyView(device)
    case .checkRules: RulesView(device)
    case .makeFault: FaultView(device)
    case .step, .act, .arm, .disarm, .close: nil
    }
  }
}
