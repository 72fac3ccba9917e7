/// What a user may know of a profile: its name, and what an address can say behind it.
public struct ProfileSummary: Sendable, Equatable {
  /// What an address begins with.
  public let name: String
  /// Which protocol the device speaks.
  public let migrationProtocol: MigrationProtocol
  /// A line about it.
  public let description: String
  /// The options, by name.
  public let options: [Option]
  /// The rules that the device breaks, by their names.
  public let breaks: [String]
  /// The rules that it breaks behind a vfio-user socket, where a server answers for it; empty too when nobody looked.
  public let breaksServed: [String]

  /// An option of an address.
  public struct Option: Sendable, Equatable {
    /// What stands before the equals sign.
    public let name: String
    /// What holds when the address does not say.
    public let defaultValue: String
    /// What a value looks like.
    public let expected: String
  }
}

extension SimulatedDevice {
  /// The profiles there are.
  public static func profiles() throws(AddressError) -> [ProfileSummary] {
    var summaries: [ProfileSummary] = []
    for file in ProfileCatalog.files {
      summaries.append(ProfileSummary(try Profile(name: file.name, text: file.text)))
    }
    return summaries
  }
}

extension ProfileSummary {
  fileprivate init(_ profile: Profile) {
    name = profile.name
    migrationProtocol = profile.migrationProtocol
    description = profile.description
    (breaks, breaksServed) = (profile.breaks, profile.breaksServed)
    options = profile.defaults.sorted { $0.key < $1.key }.map { option, value in
      Option(name: option, defaultValue: value, expected: OptionTable.entries[option]?.expected ?? "")
    }
  }
}
