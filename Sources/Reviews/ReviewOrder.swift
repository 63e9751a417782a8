import Agents
import Basics
import Forges
import Journal

/// The tasks of a review, in an order in which a pull request comes after the one that it builds on.
enum ReviewOrder {
  struct Entry: Equatable, Sendable {
    let number: Int
    let header: TaskHeader
  }

  /// Otherwise as they were asked for. Of pull requests that build on each other in a circle, one comes first.
  static func tasks(for pullRequests: [PullRequest]) -> [Entry] {
    var placed: Set<Int> = []
    var entered: Set<Int> = []
    var tasks: [Entry] = []
    func place(_ pullRequest: PullRequest) {
      guard entered.insert(pullRequest.number).inserted else { return }
      let below = pullRequests.filter {
        $0.number != pullRequest.number && !$0.isFromFork && $0.head.branch == pullRequest.base
      }
      for other in below { place(other) }
      tasks.append(
        Entry(
          number: pullRequest.number,
          header: TaskHeader(
            .pullRequest(pullRequest.number), title: plainText(pullRequest.title, limit: 250),
            branch: pullRequest.head.branch,
            needs: below.filter { placed.contains($0.number) }.map { .pullRequest($0.number) })
        ))
      placed.insert(pullRequest.number)
    }
    for pullRequest in pullRequests { place(pullRequest) }
    return tasks
  }
}
