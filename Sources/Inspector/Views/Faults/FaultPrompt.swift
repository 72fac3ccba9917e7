import Terminal
import VFIO

/// Asks for the value of a fault, and switches it on. It lies over the menu, which tells what the value looks like.
struct FaultPrompt: View {
  private let reference: DeviceReference
  private let fault: DeviceFault
  private var entry: TextEntry

  init(_ reference: DeviceReference, _ fault: DeviceFault) {
    (self.reference, self.fault) = (reference, fault)
    entry = TextEntry("Value of \(fault.name):")
  }

  var isOverlay: Bool { true }
  var takesText: Bool { true }
  var device: DeviceReference? { reference }

  func title(_ store: Store) -> String { "Value" }

  func keys(_ store: Store) -> [KeyHint] { TextEntry.keys }

  mutating func handle(_ key: Key, _ store: Store) -> Reaction {
    switch entry.take(key) {
    case .typing: .stay
    case .done(let value): store.switchOn("\(fault.name):\(value)", of: reference) ? .pop : .stay
    case .cancelled: .pop
    }
  }

  func draw(on canvas: inout Canvas, in area: Rectangle, _ store: Store) {
    entry.draw(on: &canvas, in: area.split(rows: -1).bottom)
  }
}
