package import SystemPackage

extension Settings {
  /// Reads every layer as it is in force in `directory`: git's configuration, the user's file and the team's, of which
  /// values that need trust take effect only once they have it (`pendingTrust` holds those that wait).
  ///
  /// - Parameters:
  ///   - checkout: the root of the worktree in which the team's file is looked for; nil for none, as in a bare
  ///     repository.
  ///   - root: what paths in settings are relative to: the root of the main worktree; `checkout` when it is nil.
  package static func load(
    directory: FilePath, environment: [String: String], checkout: FilePath?, root: FilePath? = nil
  ) async throws(SettingsError) -> Settings {
    let git = try await ConfigListing.load(directory: directory, environment: environment)
    let home = environment["HOME"].map { FilePath($0) }
    let layers = try SettingLayers(git: git, environment: environment, checkout: checkout, root: root)
    // All of it must be valid, whether trusted or not.
    let settings = try Settings(
      listing: layers.complete, home: home, warnings: layers.warnings, worktreeInclude: layers.worktreeInclude)
    guard !layers.pendingTrust.isEmpty else { return settings }
    return try Settings(
      listing: layers.listing, home: home, warnings: settings.warnings, pendingTrust: layers.pendingTrust)
  }
}

extension ConfigListing {
  /// The layers with those of our files in their place: over system and global configuration, under all that is nearer.
  func inserting(_ files: [ConfigEntry]) -> ConfigListing {
    let place = entries.firstIndex { $0.scope != .system && $0.scope != .global } ?? entries.endIndex
    return ConfigListing(entries[..<place] + files + entries[place...])
  }
}
