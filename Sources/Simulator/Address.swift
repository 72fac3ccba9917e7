/// What stands behind `sim:`: `PROFILE[,option=value…]`.
struct Address: Equatable {
  let profile: String
  let settings: [Setting]

  struct Setting: Equatable {
    let option: String
    let value: String
  }

  init(_ text: String) throws(AddressError) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    profile = parts[0]
    var settings: [Setting] = []
    for part in parts.dropFirst() {
      settings.append(try Setting(part))
    }
    self.settings = settings
  }
}

extension Address.Setting {
  fileprivate init(_ text: String) throws(AddressError) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else { throw .notASetting(text) }
    option = String(text[..<equals])
    value = String(text[text.index(after: equals)...])
  }
}
