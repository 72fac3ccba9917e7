@testable import vfioscope

/// A file that the program has written.
func text(of path: String) throws -> String {
  String(decoding: try contents(of: path, limit: 16 << 20), as: UTF8.self)
}
