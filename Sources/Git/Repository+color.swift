package import SystemPackage

extension Repository {
  /// Whether the user wants colors on a terminal from the command of that name: `color.<name>`, else `color.ui`. nil
  /// where neither is set, or there is no repository.
  package static func wantsColor(
    for name: String, around directory: FilePath, environment: [String: String]
  ) -> Bool? {
    for key in ["color.\(name)", "color.ui"] {
      if let value = commandLineValue(key, environment["GIT_CONFIG_PARAMETERS"] ?? "") { return isWanted(value) }
    }
    guard let repository = try? discover(from: directory, environment: environment) else { return nil }
    for key in ["color.\(name)", "color.ui"] {
      if let value = try? repository.configurationValue(key) { return isWanted(value) }
    }
    return nil
  }

  private static func isWanted(_ value: String) -> Bool {
    !["false", "no", "off", "0", "never", ""].contains(value.lowercased())
  }

  /// The last value that `git -c` gave: `'color.ui'='false'`, or `'color.ui=false'` before git 2.30.
  private static func commandLineValue(_ key: String, _ parameters: String) -> String? {
    var value: String?
    for form in ["'\(key)'='", "'\(key)="] {
      var rest = parameters[...]
      while let begin = rest.firstRange(of: form), let end = rest[begin.upperBound...].firstIndex(of: "'") {
        value = String(rest[begin.upperBound..<end])
        rest = rest[end...]
      }
    }
    return value
  }
}
