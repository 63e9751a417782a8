package import Basics

/// Where a remote's pull requests live, or why nowhere.
package enum DetectionResult: Sendable, Equatable {
  case found(ForgeRepository)
  /// A service that pull requests cannot be opened on, with its host: `GitLab (gitlab.com)`.
  case unsupported(String)
  case noForge(NoForge)
  /// A setting that cannot be used, in one line that names it.
  case invalid(String)
}

/// Why a remote is on no forge.
package enum NoForge: Sendable, Equatable, CustomStringConvertible {
  case noURL
  case folder
  /// Reached through a program of that name.
  case helper(String)
  case unreadable
  case unknownHost(String)
  /// On that host, but not at a place where a repository is.
  case noRepository(ForgeKind, host: String)
  case gist

  /// A clause: `its URL is a folder`.
  package var description: String {
    switch self {
    case .noURL: "it has no URL"
    case .folder: "its URL is a folder"
    case .helper(let name): "its URL is for 'git-remote-\(name)'"
    case .unreadable: "its URL cannot be read"
    case .unknownHost(let host): "'\(host)' is not a known forge"
    case .noRepository(let kind, let host): "its URL names no repository on \(kind.name) (\(host))"
    case .gist: "its URL is a gist, which has no pull requests"
    }
  }

  /// What to do about it, a line each.
  package var hints: [String] {
    switch self {
    case .unknownHost(let host):
      [
        "for GitHub Enterprise, log in: gh auth login --hostname \(host)",
        "or name the forge: git config \(ForgeDetection.providerKey) github",
      ]
    case .noRepository(.gitHub, _):
      ["name the repository: git config \(ForgeDetection.slugKey) OWNER/NAME"]
    case .noRepository(.bitbucket, _):
      ["name the repository: git config \(ForgeDetection.slugKey) WORKSPACE/NAME"]
    case .folder, .helper:
      ["name the forge and the repository with \(ForgeDetection.providerKey) and \(ForgeDetection.slugKey)"]
    case .noURL, .unreadable, .gist: []
    }
  }
}
