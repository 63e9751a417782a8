import Basics

/// Whose code is one's own although it comes from a fork.
package struct OwnRepositories: Sendable, Equatable {
  /// Of the forge's own making, of which there is but one; nil where a login is only a name that anybody may have.
  private let login: String?
  /// The repository that one's branches are pushed to.
  private let heads: String?

  package init(_ forge: any Forge, _ access: ForgeAccess) {
    // Bitbucket gives nicknames, which are not of one account alone.
    login = forge.site.kind == .gitHub ? access.login?.lowercased() : nil
    heads = forge.heads?.slug.lowercased()
  }

  /// Whether the code of the pull request is a stranger's, which is not run unasked: it comes from a fork that is neither
  /// the one that is pushed to from here, nor one of the user's own with a pull request that they opened themselves.
  package func isForeign(_ pullRequest: PullRequest) -> Bool {
    guard pullRequest.isFromFork else { return false }
    guard let repository = pullRequest.head.repository?.lowercased() else { return true }
    if let heads, heads == repository { return false }
    guard let login, !login.isEmpty else { return true }
    return !(repository.hasPrefix("\(login)/") && pullRequest.author.lowercased() == login)
  }
}
