package import Forges
import HTTP

extension GitHubForge {
  package var canReopen: Bool { true }

  package func close(_ number: Int) async throws(ForgeError) -> PullRequest {
    try await set("closed", number, "close pull request #\(number)")
  }

  package func reopen(_ number: Int) async throws(ForgeError) -> PullRequest {
    try await set("open", number, "open pull request #\(number) again")
  }

  private func set(_ state: String, _ number: Int, _ what: String) async throws(ForgeError) -> PullRequest {
    let response = try await api.exchange(
      "PATCH", try api.url("pulls/\(number)"), GitHubNewState(state: state), isRepeatable: true, what)
    return PullRequest(try api.decoded(GitHubPullRequest.self, try api.accepted(response, what), what))
  }

  package func remarks(on number: Int) async throws(ForgeError) -> [ForgeRemark] {
    let what = "read what was said about pull request #\(number)"
    var remarks: [ForgeRemark] = []
    for path in ["issues/\(number)/comments", "pulls/\(number)/comments"] {
      let pages = try await api.readPages([GitHubComment].self, try api.url(path, ["per_page": "100"]), what)
      remarks += pages.joined().map { ForgeRemark($0.user, $0.body) }
    }
    let reviews = try await api.readPages(
      [GitHubReview].self, try api.url("pulls/\(number)/reviews", ["per_page": "100"]), what)
    return remarks + reviews.joined().map { ForgeRemark($0.user, $0.body) }
  }

  package func comment(_ text: String, on number: Int) async throws(ForgeError) {
    let what = "comment on pull request #\(number)"
    let response = try await api.exchange(
      "POST", try api.url("issues/\(number)/comments"), GitHubNewComment(body: Self.cut(text)), isRepeatable: false,
      what)
    _ = try api.accepted(response, what)
  }
}

extension ForgeRemark {
  fileprivate init(_ user: GitHubUser?, _ body: String?) {
    self.init(author: user?.login ?? "somebody", isByProgram: user?.type == "Bot", text: body ?? "")
  }
}
