import Forges

/// Where `gh` has its login from, to say what a user can do about it.
struct GitHubLogin: Sendable {
  private let host: String
  /// The variable whose token `gh` uses; nil when it uses one that it keeps.
  private let variable: String?
  /// A variable with a token that `gh` does not use for this host.
  private let misplaced: String?

  init(host: String, environment: [String: String]) {
    self.host = host
    func first(_ names: [String]) -> String? { names.first { environment[$0]?.isEmpty == false } }
    let ofGitHub = ["GH_TOKEN", "GITHUB_TOKEN"]
    let ofOthers = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
    let isGitHubs =
      host == "github.com" || host == "github.localhost" || host.hasSuffix(".github.com") || host.hasSuffix(".ghe.com")
    variable = first(isGitHubs ? ofGitHub : ofOthers)
    misplaced = variable == nil ? first(isGitHubs ? ofOthers : ofGitHub) : nil
  }

  var logIn: String { "log in: gh auth login -h \(host)" }

  var installHints: [String] { ["install it: https://cli.github.com", "then \(logIn)"] }

  /// `gh` has no login for the host at all.
  var missing: ForgeError { ForgeError(.notLoggedIn, "'gh' has no login for '\(host)'", hints: refusedHints) }

  /// For a login that GitHub does not know.
  var refusedHints: [String] {
    if let variable {
      return ["gh uses the token in \(variable): replace it, or unset the variable and \(logIn)"]
    }
    guard let misplaced else { return [logIn] }
    let scope = misplaced.contains("ENTERPRISE") ? "every host but github.com" : "github.com only"
    return [logIn, "gh uses the token in \(misplaced) for \(scope)"]
  }

  /// For a login that may not do something.
  var scopeHints: [String] {
    if let variable {
      return [
        "the token in \(variable) needs the scope 'repo', or write access to contents and pull requests"
      ]
    }
    return ["if the login lacks the scope 'repo': gh auth refresh -h \(host) -s repo"]
  }

  var visibilityHints: [String] {
    ["a private repository looks like this to a login without access; to see who it is: gh auth status -h \(host)"]
  }
}
