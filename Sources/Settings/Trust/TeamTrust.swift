import Basics
import Platform
import SystemPackage

/// Which values of the team's file, and which patterns of `.worktreeinclude`, wait for trust, and what holds without them.
struct TeamTrust {
  /// All layers, the team's file among them.
  let listing: ConfigListing
  let include: WorktreeInclude?
  /// The root of the user's worktree.
  let checkout: FilePath
  /// What paths in settings are relative to.
  let root: FilePath
  let home: FilePath?
  /// The hashes of `orchestrator.trust`.
  let records: [String]

  /// What waits; empty when nothing does, or when it would change nothing.
  func pending() -> [UntrustedValue] {
    let all = values()
    let mattering = all.filter { matters($0.name) }
    let isTrusted = [all, mattering].contains { records.contains(Trust.record(for: $0)) }
    return isTrusted ? [] : mattering
  }

  /// The layers without what is not to take effect.
  func withheld() -> ConfigListing {
    ConfigListing(listing.entries.filter { $0.scope != .team || !needsTrust($0) })
  }

  /// Every value of the files that needs trust, by setting.
  private func values() -> [UntrustedValue] {
    var names: [String] = []
    var entries: [String: [ConfigEntry]] = [:]
    for entry in listing.entries where entry.scope == .team && needsTrust(entry) {
      if entries[entry.key] == nil { names.append(entry.key) }
      entries[entry.key, default: []].append(entry)
    }
    var values = names.compactMap { key -> UntrustedValue? in
      guard let found = entries[key], let first = found.first else { return nil }
      let texts = found.compactMap(\.value)
      // A list begins with an empty entry, which says nothing when others follow.
      let values = texts.count > 1 && texts[0].isEmpty ? Array(texts.dropFirst()) : texts
      let name = Self.gitName(of: key)
      return UntrustedValue(
        name: "orchestrator." + (SettingsTable.canonicalName(name) ?? name), values: values, place: "\(first.origin)",
        destination: values.lazy.compactMap { destination(of: $0, gitName: name) }.first)
    }
    if let include, include.copiesMore {
      values.append(
        UntrustedValue(
          name: WorktreeInclude.name, values: include.patterns, place: "\(WorktreeInclude.name):\(include.line)"))
    }
    return values
  }

  private func needsTrust(_ entry: ConfigEntry) -> Bool {
    let name = Self.gitName(of: entry.key)
    if name.hasPrefix("mcp.") { return true }
    if name == Self.keyFiles { return entry.value.flatMap { destination(of: $0, gitName: name) } != nil }
    guard let row = SettingsTable.row(gitName: name), row.details.needsTrust else { return false }
    if name == SettingsTable.gitName(of: SettingKey.worktreeCopy.name) {
      return copiesMore
    }
    if name == SettingsTable.gitName(of: SettingKey.worktreeDir.name), let value = entry.value {
      return !isBesideRepository(value)
    }
    return true
  }

  /// Whether the file has more files copied than are anyway. Asked of the list as a whole: it begins by clearing others.
  private var copiesMore: Bool {
    let key = "orchestrator." + SettingsTable.gitName(of: SettingKey.worktreeCopy.name)
    return listing.entries.filter { $0.scope == .team && $0.key == key }.contains { entry in
      let files = try? SettingKey.worktreeCopy.parse(entry.value)
      return files.map { !Set($0).isSubset(of: SettingKey.worktreeCopy.default) } ?? true
    }
  }

  /// Whether the file's value changes what is in force.
  private func matters(_ fullName: String) -> Bool {
    guard let canonical = SettingsTable.canonicalName(fullName),
      let row = SettingsTable.row(gitName: SettingsTable.gitName(of: canonical))
    else { return true }
    let key = "orchestrator." + SettingsTable.gitName(of: canonical)
    let entries = listing.entries.filter { $0.key == key }
    let others = entries.filter { $0.scope != .team }
    // Not set at all means "as agents" for reviewers, and is not the same as an empty list.
    if others.isEmpty, canonical.hasPrefix("review.tools.") { return true }
    let with = try? row.text(of: Settings.inForce(entries, of: row).map(\.value))
    let without = try? row.text(of: Settings.inForce(others, of: row).map(\.value))
    return with == nil || with != without
  }

  // MARK: Paths

  /// Where a value that names a file leads, when that is out of the repository: the contents would reach agents.
  private func destination(of value: String, gitName: String) -> String? {
    if gitName == Self.keyFiles {
      let paths = ((try? SettingKey.projectKeyFiles.parse(value)) ?? []).map { checkout.appending($0) }
      return paths.first { !isInside($0, Self.real(checkout)) }.map { Self.real($0).string }
    }
    let texts = [SettingKey.projectTestInstructions.name, SettingKey.projectAgentInstructions.name]
    guard texts.contains(where: { SettingsTable.gitName(of: $0) == gitName }), value.hasPrefix("@") else { return nil }
    let path = Settings.resolved(String(value.dropFirst()), from: root, home: home)
    return isInside(path, Self.real(root)) ? nil : Self.real(path).string
  }

  private static let keyFiles = SettingsTable.gitName(of: SettingKey.projectKeyFiles.name)

  /// Whether worktrees there stay in the repository or plainly next to it.
  private func isBesideRepository(_ value: String) -> Bool {
    WorktreeFolderRule(root: root, home: home, allowsInside: true)
      .fault(Settings.resolved(value, from: root, home: home)) == nil
  }

  private func isInside(_ path: FilePath, _ folder: FilePath) -> Bool { Self.real(path).lies(in: folder) }

  /// The path with all links followed, as far as it exists.
  private static func real(_ path: FilePath) -> FilePath {
    var rest: [FilePath.Component] = []
    var start = path
    while true {
      let resolved = start.withPlatformString { text -> FilePath? in
        guard let resolved = realpath(text, nil) else { return nil }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
      }
      if let resolved { return resolved.appending(rest.reversed()) }
      guard let last = start.lastComponent else { return path }
      rest.append(last)
      start.removeLastComponent()
    }
  }

  private static func gitName(of key: String) -> String { String(key.dropFirst("orchestrator.".count)) }
}
