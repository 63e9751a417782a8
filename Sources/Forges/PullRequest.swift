#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// A pull request as its forge shows it at one moment.
///
/// Title, body, branch and author are other people's text: nothing of them may reach a terminal unsanitised.
package struct PullRequest: Sendable, Equatable {
  package enum State: String, Codable, Sendable {
    case open, merged, closed
  }

  /// Whether the forge would merge it. What it requires beyond that (reviews, checks) may be part of the answer.
  package enum Mergeability: Sendable, Equatable {
    case mergeable
    case conflicting
    /// The forge's rules forbid it at present; why, in words.
    case blocked(String)
    /// The forge is still finding out: GitHub computes it in the background.
    case unknown
    /// The forge never says: it is known once the merge is tried.
    case untold
  }

  package struct Head: Sendable, Equatable {
    package var branch: String
    /// In hexadecimal: 40 digits, or the 12 that Bitbucket gives.
    package var commit: String
    /// `owner/name` of the repository that the branch is in; nil when that was deleted.
    package var repository: String?
    /// What to fetch from the repository's own remote to have the commit: `refs/heads/x`, `refs/pull/7/head`; nil when
    /// that remote does not have it.
    package var reference: String?

    package init(branch: String, commit: String, repository: String?, reference: String?) {
      self.branch = branch
      self.commit = commit
      self.repository = repository
      self.reference = reference
    }
  }

  package var number: Int
  package var url: String
  package var title: String
  package var body: String
  /// The login; on Bitbucket, which hides logins, the nickname.
  package var author: String
  package var state: State
  package var isDraft: Bool
  package var head: Head
  /// The branch that it is to be merged into.
  package var base: String
  /// Whether the head is in another repository than the base.
  package var isFromFork: Bool
  package var mergeability: Mergeability
  /// The commit that the merge made; nil until it is merged, and when the forge does not say.
  package var mergeCommit: String?
  /// Whether the forge will merge it by itself, once its rules are met or its queue has come to it.
  package var isQueued = false
  /// Whether its branch must have all of its base before it is merged, and has not; nothing else is in the way then, as
  /// far as the forge says.
  package var isBehind = false
  /// When it was opened, as far as the forge says.
  package var createdAt: Date?

  package init(
    number: Int, url: String, title: String, body: String, author: String, state: State, isDraft: Bool, head: Head,
    base: String, isFromFork: Bool, mergeability: Mergeability, mergeCommit: String?
  ) {
    self.number = number
    self.url = url
    self.title = title
    self.body = body
    self.author = author
    self.state = state
    self.isDraft = isDraft
    self.head = head
    self.base = base
    self.isFromFork = isFromFork
    self.mergeability = mergeability
    self.mergeCommit = mergeCommit
  }

  /// `2026-01-02T03:04:05Z`, `2026-01-02T03:04:05.678901+00:00`: forges tell times in UTC.
  package static func moment(_ text: String) -> Date? {
    guard text.utf8.count >= 19 else { return nil }
    return try? Date(text.prefix(19) + "Z", strategy: .iso8601)
  }

  /// Whether the head is that commit, given by its full hexadecimal name.
  package func isAt(_ commit: String) -> Bool { head.commit.count >= 12 && commit.hasPrefix(head.commit) }
}

/// A pull request to be opened.
package struct NewPullRequest: Sendable, Equatable {
  package var title: String
  /// Markdown.
  package var body: String
  /// A branch of the forge's `heads`, or else of the repository itself, pushed already.
  package var head: String
  package var base: String
  package var fields: PullRequestFields

  package init(
    title: String, body: String, head: String, base: String, fields: PullRequestFields = PullRequestFields()
  ) {
    self.title = title
    self.body = body
    self.head = head
    self.base = base
    self.fields = fields
  }
}
