// What GitHub sends, as far as it is read. Fields that may be null or missing are optional.

import Forges

struct GitHubUser: Decodable, Sendable {
  let login: String
  let type: String?
}

struct GitHubRepository: Decodable, Sendable {
  struct Permissions: Decodable, Sendable { let push: Bool? }
  struct Parent: Decodable, Sendable {
    let fullName: String
    enum CodingKeys: String, CodingKey { case fullName = "full_name" }
  }

  let fullName: String
  let defaultBranch: String?
  let permissions: Permissions?
  let parent: Parent?
  // Shown to those who may push.
  let squash: Bool?
  let merge: Bool?
  let rebase: Bool?
  let autoMerge: Bool?

  enum CodingKeys: String, CodingKey {
    case fullName = "full_name"
    case defaultBranch = "default_branch"
    case permissions, parent
    case squash = "allow_squash_merge"
    case merge = "allow_merge_commit"
    case rebase = "allow_rebase_merge"
    case autoMerge = "allow_auto_merge"
  }
}

struct GitHubPullRequest: Decodable, Sendable {
  struct End: Decodable, Sendable {
    struct Repository: Decodable, Sendable {
      let fullName: String
      enum CodingKeys: String, CodingKey { case fullName = "full_name" }
    }

    let ref: String
    let sha: String?
    let repo: Repository?
  }

  /// What is there when it is to be merged by GitHub itself.
  struct AutoMerge: Decodable, Sendable {}

  @ForgeNumber var number: Int
  let url: String
  /// Its name in GraphQL.
  let node: String?
  let title: String
  let body: String?
  let user: GitHubUser?
  let state: String
  let draft: Bool?
  /// Only where one is asked for, not in lists.
  let merged: Bool?
  let mergedAt: String?
  let mergeCommit: String?
  let mergeable: Bool?
  let mergeableState: String?
  let head: End
  let base: End
  let autoMerge: AutoMerge?
  let created: String?

  enum CodingKeys: String, CodingKey {
    case url = "html_url"
    case mergedAt = "merged_at"
    case mergeCommit = "merge_commit_sha"
    case mergeableState = "mergeable_state"
    case node = "node_id"
    case autoMerge = "auto_merge"
    case created = "created_at"
    case number, title, body, user, state, draft, merged, mergeable, head, base
  }
}

struct GitHubReview: Decodable, Sendable {
  let id: Int?
  let user: GitHubUser?
  let body: String?
  let state: String
  let url: String?

  enum CodingKeys: String, CodingKey {
    case url = "html_url"
    case id, user, body, state
  }
}

struct GitHubComment: Decodable, Sendable {
  let user: GitHubUser?
  let body: String?
}

struct GitHubFile: Decodable, Sendable {
  let filename: String
  /// None for binary and for large files.
  let patch: String?
}

struct GitHubCheckRuns: Decodable, Sendable {
  struct Run: Decodable, Sendable {
    let name: String
    let status: String
    let conclusion: String?
  }

  let runs: [Run]
  enum CodingKeys: String, CodingKey { case runs = "check_runs" }
}

struct GitHubCombinedStatus: Decodable, Sendable {
  struct Status: Decodable, Sendable {
    let context: String
    let state: String
  }

  let statuses: [Status]
}

struct GitHubMergeResult: Decodable, Sendable {
  let merged: Bool
  let message: String?
}

// What is sent.

struct GitHubNewPullRequest: Encodable, Sendable {
  let title: String
  let body: String
  let head: String
  /// The fork's name, where it is in the same organization and the owner alone does not tell.
  let headRepository: String?
  let base: String
  /// Left out unless it is one: not every repository has drafts.
  let draft: Bool?

  enum CodingKeys: String, CodingKey {
    case title, body, head, base, draft
    case headRepository = "head_repo"
  }
}

struct GitHubNewBase: Encodable, Sendable {
  let base: String
}

struct GitHubNewState: Encodable, Sendable {
  let state: String
}

struct GitHubNewComment: Encodable, Sendable {
  let body: String
}

struct GitHubNewReview: Encodable, Sendable {
  struct Comment: Encodable, Sendable {
    let path: String
    let line: Int
    let side = "RIGHT"
    let body: String
  }

  let event: String
  let commit: String
  let body: String
  let comments: [Comment]

  enum CodingKeys: String, CodingKey {
    case commit = "commit_id"
    case event, body, comments
  }
}

struct GitHubMerge: Encodable, Sendable {
  let commit: String
  /// None where the commits keep theirs.
  let title: String?
  let message: String?
  let method: String

  init(_ order: MergeOrder) {
    commit = order.commit
    title = order.method == .rebase ? nil : order.title
    message = order.method == .rebase ? nil : order.message
    method = order.method.rawValue
  }

  enum CodingKeys: String, CodingKey {
    case commit = "sha"
    case title = "commit_title"
    case message = "commit_message"
    case method = "merge_method"
  }
}
