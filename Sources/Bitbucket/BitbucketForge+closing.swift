package import Forges
import HTTP

extension BitbucketForge {
  package var canReopen: Bool { false }

  package func close(_ number: Int) async throws(ForgeError) -> PullRequest {
    let what = "the declined \(name(of: number))"
    let response = try await api.exchange(
      "POST", try api.url(["pullrequests", "\(number)", "decline"]), isRepeatable: true)
    if [400, 409].contains(response.status) {
      // One that is closed, perhaps by a request whose answer was lost.
      let present = try await pullRequest(number)
      if present.state != .open { return present }
    }
    return PullRequest(
      try api.decoded(BitbucketPullRequest.self, from: try api.accepted(response, what), what), at: site)
  }

  package func reopen(_ number: Int) async throws(ForgeError) -> PullRequest {
    let present = try await pullRequest(number)
    if present.state == .open { return present }
    throw ForgeError(.invalid, "Bitbucket cannot open \(name(of: number)) again: what was declined stays so")
  }

  package func remarks(on number: Int) async throws(ForgeError) -> [ForgeRemark] {
    let comments = try await api.readAll(
      BitbucketComment.self,
      from: try api.url(
        ["pullrequests", "\(number)", "comments"], query: [("pagelen", "\(BitbucketAPI.pageLength)")]),
      "the comments on \(name(of: number))")
    let decided = try await told(number).participants?.filter { $0.state != nil || $0.approved == true } ?? []
    return comments.filter { $0.deleted != true }
      .map { ForgeRemark(author: $0.user?.name ?? "somebody", isByProgram: false, text: $0.content?.raw ?? "") }
      + decided.map { ForgeRemark(author: $0.user?.name ?? "somebody", isByProgram: false, text: "") }
  }

  package func comment(_ text: String, on number: Int) async throws(ForgeError) {
    let response = try await api.exchange(
      "POST", try api.url(["pullrequests", "\(number)", "comments"]), BitbucketNewComment(text), isRepeatable: false)
    _ = try api.accepted(response, "a comment on \(name(of: number))")
  }
}
