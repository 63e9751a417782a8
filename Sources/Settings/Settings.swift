package import SystemPackage

/// The values of all settings, read once and valid as a whole: there is no value in here that could still fail.
package struct Settings: Sendable {
  /// What the configuration holds under `orchestrator.` without a meaning, one line each, ready to be shown.
  package let warnings: [String]
  /// Values of the team's file that have no effect until the user trusts them; in the order of the file.
  package let pendingTrust: [UntrustedValue]
  /// The patterns of `.worktreeinclude`, unless they wait for trust.
  package let worktreeInclude: [String]
  /// The entries that these values were read from, without what waits for trust.
  package let listing: ConfigListing
  /// What `~/` stands for in paths.
  let home: FilePath?
  /// What `orchestrator.mcp.<name>.*` says, a server each, in the order in which they first appear.
  package let mcpServers: [MCPSetting]
  /// What `orchestrator.agents.<name>.*` says, an agent each, in the order in which they first appear.
  package let agents: [AgentSetting]
  private var values: [String: Stored] = [:]

  private struct Stored: Sendable {
    let value: any Sendable
    let origin: SettingOrigin
  }

  /// Reads every known setting; the last value of a key counts, all values of a list.
  ///
  /// `home` is the user's home folder, for paths that begin with `~/`.
  ///
  /// - Throws: `badValues` with every value in force that cannot be used. A bad value that a later one overrides is
  ///   no error, so that a broken system file can be corrected from above.
  package init(
    listing: ConfigListing, home: FilePath? = nil, warnings: [String] = [], pendingTrust: [UntrustedValue] = [],
    worktreeInclude: [String] = []
  ) throws(SettingsError) {
    self.home = home
    self.listing = listing
    self.pendingTrust = pendingTrust
    self.worktreeInclude = worktreeInclude
    var entries: [String: [ConfigEntry]] = [:]
    var warnings = warnings
    var servers = FamilyReader<MCPSetting>()
    var agents = FamilyReader<AgentSetting>()
    for entry in listing.entries where entry.key.hasPrefix("orchestrator.") {
      let name = String(entry.key.dropFirst("orchestrator.".count))
      if name == SettingKey.trust.name, entry.scope != .local {
        // Nobody else's word, and none that would hold in every repository.
        let warning = "'\(entry.key)' is read only from the repository's own configuration; ignored in \(entry.origin)"
        if !warnings.contains(warning) { warnings.append(warning) }
      } else if SettingsTable.row(gitName: name) != nil {
        entries[name, default: []].append(entry)
      } else if !servers.take(entry, name: name), !agents.take(entry, name: name) {
        let warning = Self.unknownWarning(entry, name: name)
        if !warnings.contains(warning) { warnings.append(warning) }
      }
    }
    self.warnings = warnings

    var bad: [BadSetting] = []
    for row in SettingsTable.rows {
      guard let found = entries[SettingsTable.gitName(of: row.name)], let last = found.last else { continue }
      do throws(ValueFault) {
        let inForce = Self.inForce(found, of: row)
        if let broken = inForce.last(where: { !$0.isValidText }) {
          throw ValueFault(bad: "value", broken.value ?? "", advice: "it is not UTF-8")
        }
        values[row.name] = Stored(value: try row.read(inForce.map(\.value)), origin: last.origin)
      } catch {
        let culprit = Self.culprit(in: found, of: row)
        bad.append(
          BadSetting(name: row.details.fullName, value: culprit.value, origin: culprit.origin, fault: error))
      }
    }
    mcpServers = servers.read(bad: &bad)
    self.agents = agents.read(bad: &bad)
    guard bad.isEmpty else { throw .badValues(bad) }
  }

  package subscript<Value>(_ key: SettingKey<Value>) -> Value {
    (values[key.name]?.value as? SettingValue<Value>)?.value ?? key.default
  }

  /// Where the value in force comes from; for a list, where its last part stands.
  package func origin<Value>(of key: SettingKey<Value>) -> SettingOrigin {
    values[key.name]?.origin ?? .builtIn
  }

  /// The settings with one value set over the configuration; nil leaves them as they are.
  ///
  /// `source` is what sets it, as `origin(of:)` will name it: `--jobs`.
  package func overriding<Value>(
    _ key: SettingKey<Value>, with value: Value?, from source: String
  ) -> Settings {
    guard let value else { return self }
    var copy = self
    copy.values[key.name] = Stored(value: SettingValue(value: value), origin: .override(source))
    return copy
  }

  /// The canonical name without `orchestrator.` for any spelling of it: `workflow.auto_approve`,
  /// `ORCHESTRATOR.Workflow.autoapprove`; nil when there is no such setting.
  package static func canonicalName(_ name: String) -> String? {
    SettingsTable.canonicalName(name)
  }

  /// Those of a setting's entries that count: the last, or all of a list since it was cleared.
  static func inForce(_ entries: [ConfigEntry], of row: any AnySettingKey) -> ArraySlice<ConfigEntry> {
    row.details.isList && !entries.isEmpty ? sinceCleared(entries) : entries.suffix(1)
  }

  /// A list's entries from the last empty one on, which drops those before it.
  private static func sinceCleared(_ entries: [ConfigEntry]) -> ArraySlice<ConfigEntry> {
    let cleared = entries.lastIndex { $0.value?.allSatisfy(\.isWhitespace) == true }
    return entries[(cleared ?? entries.startIndex)...]
  }

  /// The entry to blame: a list is made of several, and the last need not be the bad one.
  private static func culprit(in entries: [ConfigEntry], of row: any AnySettingKey) -> ConfigEntry {
    let bad = entries.last { entry in
      guard entry.isValidText else { return true }
      return (try? row.read([entry.value])) == nil
    }
    return bad ?? entries[entries.endIndex - 1]
  }

  private static func unknownWarning(_ entry: ConfigEntry, name: String) -> String {
    let suggestion = SettingsTable.suggestion(for: name).map { "; did you mean 'orchestrator.\($0)'?" } ?? ""
    return "unknown setting '\(printable(entry.key))' in \(entry.origin)\(suggestion)"
  }
}
