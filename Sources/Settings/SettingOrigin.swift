/// Which layer a value is in: git's own, named as git names them, and two files of ours. Later wins.
package enum ConfigScope: String, CaseIterable, Sendable {
  case system, global
  /// `~/.config/claude-orchestrator/config.yaml`.
  case user
  /// `.claude-orchestrator.yaml` of the checkout: what others commit.
  case team
  case local, worktree, command
  /// Layers this program does not know by name (git says `unknown` or `submodule`).
  case unknown
}

/// Where the value of a setting comes from.
package enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
  /// Nothing sets it.
  case builtIn
  /// git's configuration; `source` as git writes it: `file:.git/config`, `command line:`, …
  case config(scope: ConfigScope, source: String)
  /// Set over the configuration by something nearer: the option's name (`--jobs`), or a file's.
  case override(String)

  package var description: String {
    switch self {
    case .builtIn: "default"
    // git writes "command line:" for -c and GIT_CONFIG_*; its scope says nothing more.
    case .config(.command, _): "command line or environment (command scope)"
    // These name the line, which says more than the layer.
    case .config(.user, let source), .config(.team, let source):
      printable(source.hasPrefix("file:") ? String(source.dropFirst("file:".count)) : source)
    case .config(let scope, let source): "\(printable(source)) (\(scope.rawValue) scope)"
    case .override(let name): name
    }
  }
}
