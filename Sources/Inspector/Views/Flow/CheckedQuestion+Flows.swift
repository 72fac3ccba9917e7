import Migration
import VFIO

extension View where Self == CheckedQuestion {
  /// Whether a file is to be loaded: it must be whole, and one for the device. A long one takes a while.
  static func load(_ reference: DeviceReference, _ path: String, _ question: Confirm) -> CheckedQuestion {
    CheckedQuestion(reference, name: "Load", question, close: { $0.captures.close([path]) }) { store in
      store.finding(loading: path, into: reference)
    }
  }

  /// Whether a device's state is to be moved to another one: that must be open, and one like it.
  static func migrate(
    _ source: DeviceReference, to destination: DeviceReference, _ question: Confirm
  ) -> CheckedQuestion {
    CheckedQuestion(source, name: "Migrate", question) { $0.finding(migrating: source, to: destination) }
  }
}

/// What fits to what.
extension Store {
  /// Why a device can't take the place of another one, in a few words, as far as that is known without opening it; nil
  /// when it may.
  func misfit(of destination: DeviceReference, insteadOf source: DeviceReference) -> String? {
    if let status = status(destination), status.phase != .closed {
      if case .withoutMigration = status.phase { return "has no migration" }
      if let theirs = status.facts?.protocol, let ours = self.status(source)?.facts?.protocol, theirs != ours {
        return "speaks protocol \(theirs.rawValue)"
      }
    }
    guard let ours = model(of: source), let theirs = model(of: destination) else { return nil }
    return theirs.misfit(insteadOf: ours) == nil ? nil : "is a device \(theirs.model ?? "")"
  }

  /// What a device is; nil when that is not known yet. A device of the machine need not be open for that.
  private func model(of reference: DeviceReference) -> DeviceModel? {
    handles(of: [reference]).first?.readModel()
    if var known = status(reference)?.model {
      known.name = name(of: reference)
      return known
    }
    guard case .kernel = reference, let listed = listed(reference), let vendor = listed.vendorID,
      let device = listed.deviceID
    else { return nil }
    return DeviceModel(
      name: listed.address, model: hexadecimal(vendor, digits: 4) + ":" + hexadecimal(device, digits: 4))
  }

  fileprivate func finding(loading path: String, into reference: DeviceReference) -> CheckedQuestion.Finding {
    let status = captures[[path]].status
    if let failure = status.failure { return .refused(failure) }
    guard status.isWalked, let report = status.reports.first else { return .looking("\(path): \(status.progress)") }
    if let fault = report.fault { return .refused(fault.description) }
    guard let identity = report.identity else {
      return .refused("\(path): is not a stream file, as save writes them")
    }
    if let ours = self.status(reference)?.facts?.protocol, ours != identity.protocol {
      return .refused(
        "\(path) was saved by protocol \(identity.protocol.rawValue), the device speaks \(ours.rawValue).")
    }
    guard let model = model(of: reference) else { return .looking("\(name(of: reference)): what it is, is being read") }
    return model.misfit(identity).map { .refused("\(path) \($0).") } ?? .good
  }

  fileprivate func finding(
    migrating source: DeviceReference, to destination: DeviceReference
  ) -> CheckedQuestion.Finding {
    let name = name(of: destination)
    guard let status = status(destination) else { return .looking("\(name): is being opened") }
    switch status.phase {
    case .opening: return .looking("\(name): is being opened")
    case .failed(let why): return .refused(why)
    case .withoutMigration(let errno): return .refused("\(name) has no migration: \(errno).")
    case .closed: return .refused("\(name) is not open any more.")
    case .open(let facts):
      guard let ours = self.status(source)?.facts?.protocol, ours == facts.protocol else {
        return .refused("The two devices speak different protocols.")
      }
    }
    guard let from = model(of: source), let to = model(of: destination), status.observation != nil else {
      return .looking("\(name): what it is, is being read")
    }
    return to.misfit(insteadOf: from).map { .refused("\($0).") } ?? .good
  }
}
