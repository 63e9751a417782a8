import CLibgit2
import SystemPackage

extension Repository {
  /// Gives libgit2 the configuration files git would read in our environment. On its own it would read those of the
  /// process, and of a worktree (`extensions.worktreeConfig`) none at all before version 1.8.
  ///
  /// What comes without a file (`git -c`, `GIT_CONFIG_COUNT`) it cannot be given: see ``hasCommandConfiguration``.
  func useConfiguration() throws(GitError) {
    let configuration = try Handle(free: git_config_free) { git_config_new(&$0) }
    for (file, level) in configurationFiles() {
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
  var hasCommandConfiguration: Bool { CommandConfiguration.matters(in: environment) }

  /// The last value of a key, or `nil`. Not for `git -c`; see ``hasCommandConfiguration``.
  func configurationValue(_ key: String) throws(GitError) -> String? {
    let snapshot = try Handle(free: git_config_free) { git_repository_config_snapshot(&$0, pointer) }
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    let code = git_config_get_string_buf(&buffer, snapshot.pointer, key)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code, "cannot read the setting '\(key)'")
    return String(cString: buffer.ptr)
  }

  /// Every entry whose key, in lower case, is wanted, with its values in order.
  ///
  /// Compared here: libgit2 1.5 built on PCRE2 leaks the compiled pattern of each `git_config_iterator_glob_new`.
  func configurationEntries(where isWanted: (_ key: String) -> Bool) throws(GitError) -> [(key: String, value: String)]
  {
    let snapshot = try Handle(free: git_config_free) { git_repository_config_snapshot(&$0, pointer) }
    var iterator: OpaquePointer?
    try check(git_config_iterator_new(&iterator, snapshot.pointer))
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
