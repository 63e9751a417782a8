import Forges
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The pull requests that can be reviewed, as the user sees them.
struct PullRequestTable {
  let pullRequests: [PullRequest]
  /// By number.
  let checks: [Int: CheckSummary.State]
  let now: Date

  init(_ pullRequests: [PullRequest], checks: [Int: CheckSummary.State], now: Date) {
    self.pullRequests = pullRequests
    self.checks = checks
    self.now = now
  }

  var table: Table {
    var table = Table(
      columns: [
        Table.Column("#"), Table.Column("ID"), Table.Column("Title", minimumWidth: 12, isFlexible: true),
        Table.Column("Branch", minimumWidth: 10, isFlexible: true), Table.Column("Author", isFlexible: true),
        Table.Column("Base", minimumWidth: 4, isFlexible: true), Table.Column("Checks"), Table.Column("Age"),
      ], gap: 3, margin: 1)
    table.rows = pullRequests.enumerated().map { index, pullRequest in
      [
        Table.Cell("\(index + 1)"), Table.Cell("\(pullRequest.number)"),
        Table.Cell((pullRequest.isDraft ? "[draft] " : "") + pullRequest.title),
        Table.Cell(PullRequestSelector.source(pullRequest)), Table.Cell(pullRequest.author),
        Table.Cell(pullRequest.base), Table.Cell(word(of: pullRequest)),
        Table.Cell(pullRequest.createdAt.map { Self.age(now.timeIntervalSince($0)) } ?? "-"),
      ]
    }
    return table
  }

  private func word(of pullRequest: PullRequest) -> String {
    switch checks[pullRequest.number] {
    case .passed: "passed"
    case .failed: "failed"
    case .pending: "pending"
    default: "-"
    }
  }

  /// Of the largest unit that fits: `5m`, `3h`, `2d`, `6w`.
  static func age(_ seconds: Double) -> String {
    let minutes = Int(min(max(0, seconds / 60), 1e9))
    if minutes < 60 { return "\(minutes)m" }
    if minutes < 48 * 60 { return "\(minutes / 60)h" }
    let days = minutes / (24 * 60)
    return days < 28 ? "\(days)d" : "\(days / 7)w"
  }
}
