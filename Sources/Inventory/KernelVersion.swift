/// The first two numbers of a kernel's release.
struct KernelVersion: Comparable {
  let major: Int
  let minor: Int

  init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads `6.12.57+deb13-amd64`; nil when it does not begin with two numbers.
  init?(_ release: String) {
    let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).map { Int($0) }
    guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else { return nil }
    self.init(major: major, minor: minor)
  }

  static func < (left: KernelVersion, right: KernelVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
