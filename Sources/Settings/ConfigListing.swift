/// What `git config --list -z --show-scope --show-origin` says, in git's order: later entries win.
package struct ConfigListing: Sendable {
  package var entries: [ConfigEntry]

  package init(_ entries: [ConfigEntry] = []) {
    self.entries = entries
  }

  /// Parses git's output: scope, origin and `key\nvalue`, each ended by a NUL byte.
  ///
  /// Bytes that are not UTF-8 become U+FFFD; `ConfigEntry.isValidText` then says so.
  package init(parsing output: [UInt8]) throws(SettingsError) {
    var fields = output.split(separator: 0, omittingEmptySubsequences: false)
    guard fields.popLast()?.isEmpty == true else { throw .malformedListing("it does not end with a NUL byte") }
    guard fields.count.isMultiple(of: 3) else { throw .malformedListing("an entry lacks its scope or origin") }
    self.entries = stride(from: 0, to: fields.count, by: 3).map { index in
      let pair = fields[index + 2]
      // A key holds no line feed; a key written without `=` is not followed by one either.
      let parts = pair.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
      return ConfigEntry(
        scope: ConfigScope(rawValue: String(decoding: fields[index], as: UTF8.self)) ?? .unknown,
        source: String(decoding: fields[index + 1], as: UTF8.self),
        key: String(decoding: parts[0], as: UTF8.self),
        value: parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil,
        isValidText: String(validating: pair, as: UTF8.self) != nil)
    }
  }
}

/// One line of git's configuration.
package struct ConfigEntry: Sendable, Equatable {
  package var scope: ConfigScope
  /// Where it stands, as git writes it: `file:.git/config`, `command line:`.
  package var source: String
  /// Section and variable in lower case, the subsection as it was written.
  package var key: String
  /// nil for a key without `=`.
  package var value: String?
  /// False when key or value had bytes that are not UTF-8.
  package var isValidText: Bool

  package init(scope: ConfigScope, source: String, key: String, value: String?, isValidText: Bool = true) {
    self.scope = scope
    self.source = source
    self.key = key
    self.value = value
    self.isValidText = isValidText
  }

  var origin: SettingOrigin { .config(scope: scope, source: source) }
}
