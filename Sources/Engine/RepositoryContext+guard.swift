package import Processes
import Settings
import SystemPackage

extension RepositoryContext {
  /// What holds for each git from here on, whatever becomes of the configuration.
  package var gitGuard: GitGuard {
    GitGuard(
      hookFolder: HookFolder(hooks, environment: environment),
      configuration: FrozenConfiguration(
        entries: gitEntries.filter { $0.scope != .command }.map { .init(key: $0.key, value: $0.value) },
        files: configurationFiles, commonDirectory: commonDirectory, environment: environment))
  }

  private var gitEntries: [ConfigEntry] {
    settings.listing.entries.filter { $0.scope != .team && $0.scope != .user }
  }

  /// The main checkout's hooks: a relative folder is meant from a working tree's top, where agents could write them.
  private var hooks: FilePath {
    guard let path = gitEntries.last(where: { $0.key == "core.hookspath" })?.value, !path.isEmpty else {
      return commonDirectory.appending("hooks")
    }
    let isOfHome = path.hasPrefix("~/")
    let expanded = isOfHome ? environment["HOME"].map { "\($0)/\(path.dropFirst(2))" } ?? path : path
    return (root == commonDirectory ? checkout ?? root : root).pushing(FilePath(expanded)).lexicallyNormalized()
  }

  /// The files that the configuration came from, and those where more could come from.
  private var configurationFiles: [FilePath] {
    var files = ["config", "config.worktree"].map { commonDirectory.appending($0) }
    let home = environment["HOME"].map { FilePath($0) }
    if let global = environment["GIT_CONFIG_GLOBAL"] { files.append(FilePath(global)) }
    if let home { files += [home.appending(".gitconfig"), home.appending(".config/git/config")] }
    if let folder = environment["XDG_CONFIG_HOME"] { files.append(FilePath(folder).appending("git/config")) }
    files.append(FilePath(environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig"))
    let place = checkout ?? commonDirectory
    for entry in gitEntries where entry.source.hasPrefix("file:") {
      let file = place.pushing(FilePath(String(entry.source.dropFirst("file:".count))))
      files.append(file)
      // It need not be there yet, nor its condition be met.
      guard entry.key == "include.path" || entry.key.hasPrefix("includeif.") && entry.key.hasSuffix(".path"),
        let path = entry.value, !path.isEmpty
      else { continue }
      let isOfHome = path.hasPrefix("~/")
      if isOfHome, home == nil { continue }
      files.append(
        isOfHome
          ? (home ?? "/").pushing(FilePath(String(path.dropFirst(2))))
          : file.removingLastComponent().pushing(FilePath(path)))
    }
    return Array(Set(files))
  }
}
