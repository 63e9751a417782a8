import Agents
import Engine
import Forges
import Git
import Journal

/// A pull request with its commits here, as a review looks at it.
struct ReviewedChange: Sendable {
  let pullRequest: PullRequest
  let head: ObjectID
  /// The tip of the branch that it is to be merged into.
  let base: ObjectID
  /// The commits of the pull request, newest first; at most `commitLimit`.
  let commits: [Commit]
  /// The files in which it does not merge with its base.
  let conflicts: [String]
  /// Whether commits on top of its head can be pushed to its branch.
  let isPushable: Bool
  /// Whether its code is a stranger's.
  let isForeign: Bool

  static let commitLimit = 200

  var record: PullRequestRecord { PullRequestRecord(pullRequest, commit: head.description) }

  /// A clause; nil when it merges.
  var conflictWords: String? { Self.words(conflicts: conflicts, base: pullRequest.base) }

  static func words(conflicts files: [String], base: String) -> String? {
    guard !files.isEmpty else { return nil }
    let more = files.count > 5 ? " and \(files.count - 5) more" : ""
    return "conflicts with '\(base)' in \(files.prefix(5).joined(separator: ", "))\(more)"
  }
}

/// What a reviewer brought about.
struct ReviewResult: Sendable, Equatable {
  var verdict: VerdictRecord
  /// The head, or the last of the reviewer's fixes on top of it.
  var tip: ObjectID
  /// The reviewer's commits, newest first.
  var fixes: [Commit]
}
