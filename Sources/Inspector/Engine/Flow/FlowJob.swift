/// What a flow moves, and where to.
enum FlowJob: Sendable, Equatable {
  case migrate(DeviceReference, to: DeviceReference)
  case save(DeviceReference, path: String)
  case load(DeviceReference, path: String)

  /// In one word, as the command is called.
  var name: String {
    switch self {
    case .migrate: "migrate"
    case .save: "save"
    case .load: "load"
    }
  }

  /// The device that gives its data.
  var source: DeviceReference? {
    switch self {
    case .migrate(let source, _), .save(let source, _): source
    case .load: nil
    }
  }

  /// The device that takes data.
  var destination: DeviceReference? {
    switch self {
    case .migrate(_, let destination), .load(let destination, _): destination
    case .save: nil
    }
  }

  /// The file that is written or read.
  var path: String? {
    switch self {
    case .migrate: nil
    case .save(_, let path), .load(_, let path): path
    }
  }

  /// All devices that take part, the one that gives first.
  var devices: [DeviceReference] { [source, destination].compactMap { $0 } }
}
