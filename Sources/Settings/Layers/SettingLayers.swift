package import SystemPackage

/// All layers as they are in force, without saying whether their values can be used.
package struct SettingLayers: Sendable {
  /// With the values that wait for trust, too.
  let complete: ConfigListing
  /// Without them.
  package let listing: ConfigListing
  /// What the files hold without a meaning.
  package let warnings: [String]
  package let pendingTrust: [UntrustedValue]
  /// The patterns of `.worktreeinclude`, if they are trusted.
  let worktreeInclude: [String]

  /// Puts our files into what git said.
  ///
  /// `checkout` and `root` are as `Settings.load` takes them.
  /// - Throws: `badFile`.
  package init(
    git: ConfigListing, environment: [String: String], checkout: FilePath?, root: FilePath?
  ) throws(SettingsError) {
    let files = try SettingsFile.layers(environment: environment, checkout: checkout)
    let all = git.inserting(files.flatMap(\.entries))
    complete = all
    warnings = files.flatMap(\.warnings)
    guard let checkout else {
      listing = all
      pendingTrust = []
      worktreeInclude = []
      return
    }
    let include = try WorktreeInclude(in: checkout)
    let trust = TeamTrust(
      listing: all, include: include, checkout: checkout, root: root ?? checkout,
      home: environment["HOME"].map { FilePath($0) },
      records: NamedSetting(SettingKey.trust).reading(of: all).parts.map(\.text))
    pendingTrust = trust.pending()
    listing = pendingTrust.isEmpty ? all : trust.withheld()
    worktreeInclude = pendingTrust.isEmpty ? include?.patterns ?? [] : []
  }
}

extension SettingsFile {
  /// The user's file and the team's, as far as they are there.
  static func layers(environment: [String: String], checkout: FilePath?) throws(SettingsError) -> [SettingsFile] {
    var files: [SettingsFile] = []
    if let path = userPath(environment: environment), let file = try read(path, scope: .user, name: path.string) {
      files.append(file)
    }
    if let checkout, let file = try read(checkout.appending(teamName), scope: .team, name: teamName) {
      files.append(file)
    }
    return files
  }
}
