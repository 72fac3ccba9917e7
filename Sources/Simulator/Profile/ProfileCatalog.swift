import CResources

/// The profiles that are compiled in.
enum ProfileCatalog {
  /// Name and text of every file.
  static let files: [(name: String, text: String)] = {
    var files: [(name: String, text: String)] = []
    while let name = cr_device_name(files.count), let text = cr_device_text(files.count) {
      files.append((String(cString: name), String(cString: text)))
    }
    return files
  }()

  /// The profile with this name.
  static func profile(named name: String) throws(AddressError) -> Profile {
    guard let file = files.first(where: { $0.name == name }) else {
      throw .unknownProfile(name, known: files.map(\.name))
    }
    return try Profile(name: file.name, text: file.text)
  }
}
