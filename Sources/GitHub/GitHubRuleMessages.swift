// What GitHub says about branches, and what it is asked for beyond REST.

/// One rule of a ruleset that applies to a branch.
struct GitHubRule: Decodable, Sendable {
  struct Parameters: Decodable, Sendable {
    struct Check: Decodable, Sendable { let context: String }

    let checks: [Check]?
    let approvals: Int?
    let methods: [String]?

    enum CodingKeys: String, CodingKey {
      case checks = "required_status_checks"
      case approvals = "required_approving_review_count"
      case methods = "allowed_merge_methods"
    }
  }

  let type: String
  let parameters: Parameters?

  enum CodingKeys: CodingKey { case type, parameters }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    type = try container.decode(String.self, forKey: .type)
    // Those of other rules may be anything.
    parameters = try? container.decode(Parameters.self, forKey: .parameters)
  }
}

/// A branch, with what everybody may see of its protection.
struct GitHubBranch: Decodable, Sendable {
  struct Protection: Decodable, Sendable {
    struct Checks: Decodable, Sendable { let contexts: [String]? }

    let checks: Checks?
    enum CodingKeys: String, CodingKey { case checks = "required_status_checks" }
  }

  let protected: Bool?
  let protection: Protection?
}

struct GitHubMilestone: Decodable, Sendable {
  let number: Int
  let title: String
}

struct GitHubStack: Decodable, Sendable {
  let id: Int?
}

struct GitHubQuery<Variables: Encodable & Sendable>: Encodable, Sendable {
  let query: String
  let variables: Variables
}

struct GitHubQueryAnswer<Value: Decodable & Sendable>: Decodable, Sendable {
  struct Problem: Decodable, Sendable { let message: String }

  let data: Value?
  let errors: [Problem]?
}

/// An answer of which nothing is read.
struct GitHubNothing: Decodable, Sendable {}

struct GitHubLeaving: Encodable, Sendable {
  let id: String
  let head: String
  var method: String?
  var title: String?
  var text: String?
}

struct GitHubCheckStates: Decodable, Sendable {
  struct Repository: Decodable, Sendable { let pullRequests: List }
  struct List: Decodable, Sendable { let nodes: [Node] }
  struct Node: Decodable, Sendable {
    let number: Int
    let commits: Commits
  }
  struct Commits: Decodable, Sendable { let nodes: [Head] }
  struct Head: Decodable, Sendable { let commit: Commit }
  struct Commit: Decodable, Sendable { let statusCheckRollup: Rollup? }
  struct Rollup: Decodable, Sendable { let state: String }

  let repository: Repository?
}

struct GitHubRepositoryName: Encodable, Sendable {
  let owner: String
  let name: String
}

struct GitHubLabels: Encodable, Sendable { let labels: [String] }
struct GitHubAssignees: Encodable, Sendable { let assignees: [String] }
struct GitHubNewMilestone: Encodable, Sendable { let milestone: Int }

struct GitHubReviewers: Encodable, Sendable {
  let persons: [String]
  let teams: [String]

  enum CodingKeys: String, CodingKey {
    case persons = "reviewers"
    case teams = "team_reviewers"
  }
}

struct GitHubQueueState: Decodable, Sendable {
  struct Repository: Decodable, Sendable { let pullRequest: PullRequest? }
  struct PullRequest: Decodable, Sendable { let isInMergeQueue: Bool }

  let repository: Repository?
}

struct GitHubPullRequestName: Encodable, Sendable {
  let owner: String
  let name: String
  let number: Int
}
