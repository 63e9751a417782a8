import Basics
import CLibgit2
import Synchronization
package import SystemPackage

extension Repository {
  /// Gives libgit2 the configuration files git would read in our environment. On its own it would read those of the
  /// process, and of a worktree (`extensions.worktreeConfig`) none at all before version 1.8.
  ///
  /// What comes without a file (`git -c`, `GIT_CONFIG_COUNT`) it cannot be given: see ``hasCommandConfiguration``.
  func useConfiguration() throws(GitError) {
    let files = configurationFiles()
    if let code = KnownConfigurations.shared.give(files, to: pointer) { return try check(code) }
    let look = FileStamp.now()
    let stamps = files.map { FileStamp($0.0, following: true) }
    let configuration = try Handle(free: git_config_free) { git_config_new(&$0) }
    for (file, level) in files {
      try check(
        git_config_add_file_ondisk(configuration.pointer, file, level, pointer, 1), "cannot read '\(file)'")
    }
    var usesWorktreeFile: Int32 = 0
    git_config_get_bool(&usesWorktreeFile, configuration.pointer, "extensions.worktreeconfig")
    if usesWorktreeFile != 0 {
      let file = "\(gitFolder)/config.worktree"
      try check(
        git_config_add_file_ondisk(configuration.pointer, file, GIT_CONFIG_LEVEL_APP, pointer, 1),
        "cannot read '\(file)'")
    }
    // As it is now: libgit2 else asks the system about all of the files again, each time that it wants to know anything,
    // which was a twentieth of what a run costs. The repository keeps a reference of its own.
    let snapshot = try Handle(free: git_config_free) { git_config_snapshot(&$0, configuration.pointer) }
    try check(git_repository_set_config(pointer, snapshot.pointer))
    if usesWorktreeFile != 0 || stamps.contains(where: { $0?.isFresh(at: look) ?? false }) { return }
    let hasIncludes = try !configurationEntries {
      $0 == "include.path" || $0.hasPrefix("includeif.")
    }.isEmpty
    if hasIncludes { return }
    var shared: OpaquePointer?
    if git_repository_config(&shared, pointer) == 0, let shared {
      KnownConfigurations.shared.note(shared, of: files, stamps)
    }
  }

  private func configurationFiles() -> [(String, git_config_level_t)] {
    var files: [(String, git_config_level_t)] = []
    if !GitEnvironment.isTrue(environment["GIT_CONFIG_NOSYSTEM"]) {
      files.append((environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig", GIT_CONFIG_LEVEL_SYSTEM))
    }
    if let global = environment["GIT_CONFIG_GLOBAL"] {
      files.append((global, GIT_CONFIG_LEVEL_GLOBAL))
    } else {
      if let folder = userConfigurationFolder { files.append(("\(folder)/config", GIT_CONFIG_LEVEL_XDG)) }
      if let home = environment["HOME"] {
        files.append(("\(home)/.gitconfig", GIT_CONFIG_LEVEL_GLOBAL))
      }
    }
    files.append(("\(commonFolder)/config", GIT_CONFIG_LEVEL_LOCAL))
    return files.filter { !$0.0.isEmpty }
  }

  /// `$XDG_CONFIG_HOME/git`, where `config`, `ignore` and `attributes` may lie.
  var userConfigurationFolder: String? {
    if let folder = environment["XDG_CONFIG_HOME"], !folder.isEmpty { return "\(folder)/git" }
    return environment["HOME"].map { "\($0)/.config/git" }
  }

  /// Whether configuration was given without a file that only git sees and that matters to us.
  package var hasCommandConfiguration: Bool { CommandConfiguration.matters(in: environment) }

  /// Whether a key is set to something that git takes for true. Not for `git -c`; see ``hasCommandConfiguration``.
  package func isSet(_ key: String) -> Bool { GitEnvironment.isTrue((try? configurationValue(key)) ?? nil) }

  /// The file or folder that a key names; nil when it is not set.
  package func path(ofSetting key: String) -> FilePath? {
    guard let text = (try? configurationValue(key)) ?? nil, !text.isEmpty else { return nil }
    if text.hasPrefix("~/"), let home = environment["HOME"] { return FilePath("\(home)\(text.dropFirst())") }
    return FilePath(text)
  }

  /// The last value of a key, or `nil`. What the repository has is a snapshot already. Not for `git -c`; see ``hasCommandConfiguration``.
  package func configurationValue(_ key: String) throws(GitError) -> String? {
    let configuration = try Handle(free: git_config_free) { git_repository_config(&$0, pointer) }
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    let code = git_config_get_string_buf(&buffer, configuration.pointer, key)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code, "cannot read the setting '\(key)'")
    return String(cString: buffer.ptr)
  }

  /// Every entry whose key, in lower case, is wanted, with its values in order.
  ///
  /// Compared here: libgit2 1.5 built on PCRE2 leaks the compiled pattern of each `git_config_iterator_glob_new`.
  package func configurationEntries(where isWanted: (_ key: String) -> Bool) throws(GitError) -> [(
    key: String, value: String
  )] {
    let configuration = try Handle(free: git_config_free) { git_repository_config(&$0, pointer) }
    var iterator: OpaquePointer?
    try check(git_config_iterator_new(&iterator, configuration.pointer))
    defer { git_config_iterator_free(iterator) }
    var entries: [(String, String)] = []
    var entry: UnsafeMutablePointer<git_config_entry>?
    while git_config_next(&entry, iterator) == 0, let entry {
      let key = String(cString: entry.pointee.name)
      guard isWanted(key) else { continue }
      entries.append((key, entry.pointee.value.map { String(cString: $0) } ?? "true"))
    }
    return entries
  }
}

/// The configuration as it was read last, for all repositories that are opened while its files stay as they are: a
/// repository is opened a dozen times for a task, and may have thousands of sections. Any thread.
private final class KnownConfigurations: Sendable {
  static let shared = KnownConfigurations()

  /// Owns a reference. A snapshot is never written to, and libgit2 counts its references atomically, so that threads may
  /// share it.
  private final class Snapshot: @unchecked Sendable {
    let pointer: OpaquePointer
    init(owning pointer: OpaquePointer) { self.pointer = pointer }
    deinit { git_config_free(pointer) }
  }

  private struct Known {
    let files: [String]
    let stamps: [FileStamp?]
    let snapshot: Snapshot
  }

  /// A run reads one repository's; a process of tests those of many.
  private static let most = 4
  private let known = Mutex<[Known]>([])

  /// The repository that gets it takes a reference of its own.
  func give(_ files: [(String, git_config_level_t)], to repository: OpaquePointer) -> Int32? {
    let found = known.withLock { known in known.first { $0.files == files.map(\.0) } }
    guard let found, zip(found.files, found.stamps).allSatisfy({ FileStamp($0, following: true) == $1 }) else {
      return nil
    }
    // Kept alive meanwhile by `found`.
    return withExtendedLifetime(found) { git_repository_set_config(repository, found.snapshot.pointer) }
  }

  /// Takes over the reference.
  func note(_ pointer: OpaquePointer, of files: [(String, git_config_level_t)], _ stamps: [FileStamp?]) {
    let new = Known(files: files.map(\.0), stamps: stamps, snapshot: Snapshot(owning: pointer))
    known.withLock { known in
      known.removeAll { $0.files == new.files }
      if known.count >= Self.most { known.removeFirst() }
      known.append(new)
    }
  }
}
