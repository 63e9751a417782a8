import Basics
package import Processes
import Settings
import SystemPackage

extension RepositoryContext {
  /// What holds for each git from here on, whatever becomes of the configuration.
  package var gitGuard: GitGuard {
    GitGuard(
      hooks: hooks,
      configuration: FrozenConfiguration(
        entries: gitEntries.filter { $0.scope != .command }.map { .init(key: $0.key, value: $0.value) },
        files: configurationFiles, environment: environment))
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
    return (root == commonDirectory ? checkout ?? root : root).pushing(FilePath(expanded)).normalized
  }

  /// The files that the configuration came from, and those where more could come from.
  private var configurationFiles: [FilePath] {
    var files = ["config", "config.worktree"].map { "\(commonDirectory.string)/\($0)" }
    if let global = environment["GIT_CONFIG_GLOBAL"] { files.append(global) }
    if let home = environment["HOME"] { files += ["\(home)/.gitconfig", "\(home)/.config/git/config"] }
    if let folder = environment["XDG_CONFIG_HOME"] { files.append("\(folder)/git/config") }
    files.append(environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig")
    let place = (checkout ?? commonDirectory).string
    for source in Set(gitEntries.map(\.source)) where source.hasPrefix("file:") {
      let file = source.dropFirst("file:".count)
      files.append(file.hasPrefix("/") ? String(file) : "\(place)/\(file)")
    }
    return Set(files).map { FilePath($0) }
  }
}
