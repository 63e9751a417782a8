import Basics
package import Processes
import Settings
package import SystemPackage

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
  package var hooks: FilePath {
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
    for source in Set(gitEntries.map(\.source)) { if let file = Self.file(source, in: place) { files.append(file) } }
    // What is included need not be there yet, nor its condition be met.
    for entry in gitEntries {
      guard entry.key == "include.path" || entry.key.hasPrefix("includeif.") && entry.key.hasSuffix(".path"),
        let path = entry.value, !path.isEmpty, let file = Self.file(entry.source, in: place)
      else { continue }
      if path.hasPrefix("~/") {
        if let home = environment["HOME"] { files.append("\(home)/\(path.dropFirst(2))") }
      } else {
        files.append(path.hasPrefix("/") ? path : "\(FileSystem.folder(of: file))/\(path)")
      }
    }
    return Set(files).map { FilePath($0) }
  }

  /// The file of an origin as git gives it, `file:.git/config`.
  private static func file(_ source: String, in place: String) -> String? {
    guard source.hasPrefix("file:") else { return nil }
    let file = source.dropFirst("file:".count)
    return file.hasPrefix("/") ? String(file) : "\(place)/\(file)"
  }
}
