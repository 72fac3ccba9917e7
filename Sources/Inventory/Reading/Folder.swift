import Glibc

/// An open folder. What is in it is read relative to its descriptor, so the kernel walks the long path once.
struct Folder: ~Copyable {
  let path: String
  private let descriptor: CInt

  init(path: String) throws(ReadFailure) { try self.init(path: path, opening: path, in: AT_FDCWD) }

  private init(path: String, opening name: String, in parent: CInt) throws(ReadFailure) {
    descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    self.path = path
    if descriptor < 0 { throw ReadFailure(path: path) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func appending(_ name: String) -> String { "\(path)/\(name)" }

  func folder(_ name: String) throws(ReadFailure) -> Folder {
    try Folder(path: appending(name), opening: name, in: descriptor)
  }

  /// The names in this folder, unsorted, without `.` and `..`.
  func names() throws(ReadFailure) -> [String] {
    // fdopendir() takes the descriptor over, and this folder still needs its own.
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0 else { throw ReadFailure(path: path) }
    return try Folder.names(takingOver: own, path: path)
  }

  /// The names in the folder `name`: one open less than `folder(name).names()`.
  func names(in name: String) throws(ReadFailure) -> [String] {
    let own = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0 else { throw ReadFailure(path: appending(name)) }
    return try Folder.names(takingOver: own, path: appending(name))
  }

  private static func names(takingOver descriptor: CInt, path: String) throws(ReadFailure) -> [String] {
    guard let stream = fdopendir(descriptor) else {
      let failure = ReadFailure(path: path)
      close(descriptor)
      throw failure
    }
    defer { closedir(stream) }
    var names: [String] = []
    // readdir() answers NULL for the end and for an error alike; only errno tells them apart.
    errno = 0
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { names.append(name) }
      errno = 0
    }
    if errno != 0 { throw ReadFailure(path: path) }
    return names
  }

  /// Where the link `name` points, as it is written there.
  func link(_ name: String) throws(ReadFailure) -> String {
    var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = target.withUnsafeMutableBytes { buffer in
      buffer.baseAddress.map { readlinkat(descriptor, name, $0, buffer.count) } ?? -1
    }
    if length < 0 { throw ReadFailure(path: appending(name)) }
    return String(decoding: target.prefix(length), as: UTF8.self)
  }

  /// The last part of where the link `name` points: sysfs links name a driver, a group or a device by it.
  func linkedName(_ name: String) throws(ReadFailure) -> String { lastComponent(try link(name)) }

  /// What the file `name` holds, up to `FileText.limit` bytes.
  func read(_ name: String) throws(ReadFailure) -> FileText {
    try FileText(opening: name, path: appending(name), in: descriptor)
  }
}

/// What follows the last slash.
func lastComponent(_ path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
  return String(path[path.index(after: slash)...])
}
