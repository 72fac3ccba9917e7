import VFIO

/// Switching faults of devices on and off.
extension Store {
  /// The words of the faults that a device has on; nil when it has no switches.
  func faults(of reference: DeviceReference) -> [String]? { status(reference)?.faults }

  /// Switches a fault on; false, with a message, when the word names none.
  func switchOn(_ word: String, of reference: DeviceReference) -> Bool {
    do throws(UnknownFault) {
      for handle in handles(of: [reference]) { try handle.switchFault(word, isOn: true) }
      return true
    } catch {
      message = "\(error)."
      return false
    }
  }

  /// Switches faults off.
  func switchOff(_ words: [String], of reference: DeviceReference) {
    for word in words {
      for handle in handles(of: [reference]) { try? handle.switchFault(word, isOn: false) }
    }
  }
}
