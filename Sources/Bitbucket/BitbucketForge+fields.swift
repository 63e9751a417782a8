import Basics
package import Forges
import HTTP

extension BitbucketForge {
  /// Those who are asked for a review: the repository's default reviewers, whom the API adds to nothing by itself, and
  /// those who are wanted. Nobody is their own reviewer. nil for none.
  func reviewers(_ wanted: [String]) async throws(ForgeError) -> [BitbucketReviewer]? {
    let standard = try await defaultReviewers()
    guard !standard.isEmpty || !wanted.isEmpty else { return nil }
    let user = try await user()
    var reviewers = standard.filter { !user.isSame(as: $0) }.compactMap { $0.uuid.map { BitbucketReviewer(uuid: $0) } }
    for reviewer in try await found(wanted, among: standard) where !user.isSame(as: reviewer) {
      let new = BitbucketReviewer(
        uuid: reviewer.uuid, account_id: reviewer.uuid == nil ? reviewer.account_id : nil)
      if !reviewers.contains(new) { reviewers.append(new) }
    }
    return reviewers
  }

  private func defaultReviewers() async throws(ForgeError) -> [BitbucketUser] {
    let url = try api.url(["effective-default-reviewers"], query: [("pagelen", "\(BitbucketAPI.pageLength)")])
    do throws(ForgeError) {
      return try await api.readAll(BitbucketMember.self, from: url, "the default reviewers of \(site.slug)")
        .compactMap(\.user)
    } catch {
      // A pull request without them is better than none.
      guard [.forbidden, .notFound].contains(error.code) else { throw error }
      return []
    }
  }

  /// The accounts of that name, UUID or id; those that are not found are left out, which ``set(_:on:)`` tells.
  private func found(
    _ wanted: [String], among known: [BitbucketUser]
  ) async throws(ForgeError) -> [BitbucketUser] {
    var found: [BitbucketUser] = []
    var names: [String] = []
    for text in wanted {
      if text.hasPrefix("{") {
        found.append(BitbucketUser(uuid: text))
      } else if let present = known.first(where: { $0.isNamed(text) }) {
        found.append(present)
      } else if text.contains(":") {
        found.append(BitbucketUser(account_id: text))
      } else {
        names.append(text)
      }
    }
    guard !names.isEmpty else { return found }
    let members: [BitbucketMember]
    do throws(ForgeError) {
      members = try await api.readAll(
        BitbucketMember.self, from: try api.rootURL("workspaces", site.owner, "members"),
        "the members of the workspace \(site.owner)")
    } catch {
      guard [.forbidden, .notFound].contains(error.code) else { throw error }
      return found
    }
    return found + names.compactMap { name in members.lazy.compactMap(\.user).first { $0.isNamed(name) } }
  }

  /// Reviewers are given when it is opened. The others Bitbucket does not have.
  package func set(_ fields: PullRequestFields, on pullRequest: PullRequest) async throws(ForgeError) -> [String] {
    var notes: [String] = []
    if !fields.reviewers.isEmpty {
      let present = try await told(pullRequest.number)
      let asked = present.reviewers ?? []
      let missing = fields.reviewers.filter { name in
        !asked.contains { $0.isNamed(name) } && present.author?.isNamed(name) != true
      }
      if !missing.isEmpty { notes.append("not asked for a review: \(missing.joined(separator: ", "))") }
    }
    let lacking = [
      ("labels", !fields.labels.isEmpty), ("assignees", !fields.assignees.isEmpty),
      ("milestones", fields.milestone != nil),
    ].filter(\.1).map(\.0)
    if !lacking.isEmpty { notes.append("Bitbucket has no \(lacking.joined(separator: ", "))") }
    return notes
  }

  /// Asked for one by one: few at a time are on the screen.
  package func checkStates(of pullRequests: [PullRequest]) async throws(ForgeError) -> [Int: CheckSummary.State] {
    var states: [Int: CheckSummary.State] = [:]
    for pullRequest in pullRequests.prefix(25) where !pullRequest.head.commit.isEmpty && !pullRequest.isFromFork {
      states[pullRequest.number] = try await checks(of: pullRequest.head.commit).state
    }
    return states
  }
}

extension BitbucketUser {
  fileprivate func isNamed(_ name: String) -> Bool {
    [uuid, account_id, nickname, display_name].contains { $0?.lowercased() == name.lowercased() }
  }
}
