import Basics
package import Forges
package import Journal

extension ForgeRecord {
  package init(_ site: ForgeRepository, destination: String) {
    self.init(provider: site.kind.rawValue, host: site.host, repository: site.slug, destination: destination)
  }
}

extension PullRequestRecord {
  /// - Parameter commit: the head by its full name, which the forge may not give.
  package init(_ pullRequest: PullRequest, commit: String) {
    self.init(
      number: pullRequest.number, url: pullRequest.url, branch: pullRequest.head.branch, base: pullRequest.base,
      commit: commit, author: pullRequest.author)
  }
}
