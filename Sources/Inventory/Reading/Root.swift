/// The folder that stands for `/`: it holds `sys`, `proc` and `dev`.
///
/// A copy of another machine's folders, or a test's made-up ones, is inventoried as if it were this machine.
public struct Root: Sendable, Equatable {
  /// The folder's path, without a slash at the end (empty for `/`).
  public let path: String

  /// This machine.
  public static let system = Root("/")

  /// A root at `path`.
  public init(_ path: String) {
    self.path = String(path.reversed().drop { $0 == "/" }.reversed())
  }

  /// The path at which `place`, such as `sys/bus/pci/devices`, is found under this root.
  public func appending(_ place: String) -> String { "\(path)/\(place)" }

  /// Opens the folder `place`; throws what the system said.
  func folder(_ place: String) throws(ReadFailure) -> Folder { try Folder(path: appending(place)) }
}
