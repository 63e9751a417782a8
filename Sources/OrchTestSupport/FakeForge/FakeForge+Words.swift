package import SystemPackage

extension FakeForge {
  /// How the forge behaves apart from what it is asked.
  package struct Behaviour: Sendable {
    /// A page of a list holds at most so many, whatever is asked for.
    package var pageSizeLimit = 100
    /// So many times a pull request is given without saying whether it can be merged, then and after each push.
    package var mergeabilityLag = 0
    /// So many times a pull request is given with its old head after a push.
    package var headLag = 0
    /// A list of pull requests is given whole, whatever head is asked for.
    package var ignoresHeadFilter = false
    /// How far the forge's clock, which `Date` shows, is ahead of this machine's.
    package var clockSkew = Duration.zero
    /// The repository that this one is a fork of, `owner/name`.
    package var parent: String?
    /// Bitbucket merges in the background, telling so many times that it has not come to the end; nil: at once.
    package var mergeTaskAsks: Int?
    /// How merges may be made, in the dialect's words.
    package var mergeMethods: [String] = ["squash", "merge", "rebase", "merge_commit"]
    /// Whether the forge merges by itself once it may, if it is asked to.
    package var allowsAutoMerge = false
    /// Rules of branches, by their names, as GitHub has them.
    package var rules: [String: [JSON]] = [:]
    /// Branches that are protected, with the checks that they require.
    package var protected: [String: [String]] = [:]
    /// What is merged into these branches must have all that they have.
    package var strictBranches: Set<String> = []
    /// Merges into these branches are made by a queue alone.
    package var queuedBranches: Set<String> = []
    /// The members of a stack that GitHub itself gives their bases.
    package var stacked: Set<Int> = []
    /// What is to be merged into a branch that goes is closed, as GitHub does where it goes by the API or a push.
    package var closesOrphans = false
    /// Titles of open milestones.
    package var milestones: [String] = []
    /// Accounts that are asked for a review of everything.
    package var defaultReviewers: [String] = []
    /// Accounts that there are next to those who log in.
    package var members: [String] = []
  }

  package struct User: Sendable {
    package enum Permission: Sendable { case none, read, write }

    package var login: String
    /// What a client shows: the token, or a password in Basic authentication.
    package var token: String
    /// The name in Basic authentication.
    package var email: String?
    package var permission = Permission.write
    /// An application's token has no user.
    package var isApplication = false

    package init(
      _ login: String, token: String, email: String? = nil, permission: Permission = .write,
      isApplication: Bool = false
    ) {
      self.login = login
      self.token = token
      self.email = email
      self.permission = permission
      self.isApplication = isApplication
    }
  }

  package struct PullRequest: Sendable {
    package enum State: Sendable { case open, merged, closed }

    package var number: Int
    package var title: String
    package var body: String
    package var author: String
    package var state = State.open
    package var isDraft: Bool
    package var branch: String
    /// Where the head lies when it is in another repository.
    package var fork: Fork?
    package var base: String
    /// The head that is shown; after a push the old one for a while, if the behaviour says so.
    package var headCommit: String
    package var mergeCommit: String?
    package var mergedBy: String?
    /// Why the forge's rules forbid a merge.
    package var block: String?
    /// Whether the forge merges it on its own once its rules are met.
    package var isLeftToForge = false
    /// Whether it is in the merge queue of its base.
    package var isInQueue = false
    package var requestedReviewers: [String] = []
    package var labels: [String] = []
    package var assignees: [String] = []
    package var milestone: String?
    package var reviews: [Review] = []
    package var comments: [Comment] = []
    /// How often it is still given without saying whether it can be merged.
    var mergeabilityLag: Int
    /// How often it is still given with its old head; nil when there is no newer one.
    var headLag: Int?
  }

  package struct Fork: Sendable {
    /// A bare repository.
    package var repository: FilePath
    /// `owner/name`.
    package var slug: String
    /// Whether everybody who is let in may push to it.
    package var canPush: Bool

    package init(_ slug: String, repository: FilePath, canPush: Bool = true) {
      self.slug = slug
      self.repository = repository
      self.canPush = canPush
    }
  }

  package enum Decision: Sendable { case approve, requestChanges, comment }

  package struct Review: Sendable {
    package var id: Int
    package var author: String
    package var decision: Decision
    package var body: String
    package var commit: String
    package var isDismissed = false
    /// Begun, but not submitted: only its author sees it.
    package var isPending = false
    /// The remarks on lines.
    package var comments: [Comment]

    package init(
      id: Int, author: String, decision: Decision, body: String, commit: String, isPending: Bool = false,
      comments: [Comment]
    ) {
      self.id = id
      self.author = author
      self.decision = decision
      self.body = body
      self.commit = commit
      self.isPending = isPending
      self.comments = comments
    }
  }

  package struct Comment: Sendable {
    package var id: Int
    package var author: String
    package var body: String
    /// nil for a comment on the whole.
    package var path: String?
    package var line: Int?

    package init(id: Int, author: String, body: String, path: String? = nil, line: Int? = nil) {
      self.id = id
      self.author = author
      self.body = body
      self.path = path
      self.line = line
    }
  }

  /// What a check (CI) says about a commit.
  package struct Check: Sendable {
    package enum Kind: Sendable {
      /// Of GitHub's two kinds the one with `conclusion`.
      case run
      case status
    }

    package var kind: Kind
    package var name: String
    /// In the dialect's words: `success`, `failure`, `neutral`, `SUCCESSFUL`, …
    package var outcome: String
    /// nil: on every commit.
    package var commit: String?
    /// So many times it shows as not finished yet.
    package var pendingAsks: Int

    package init(_ kind: Kind, _ name: String, _ outcome: String, commit: String? = nil, pendingAsks: Int = 0) {
      self.kind = kind
      self.name = name
      self.outcome = outcome
      self.commit = commit
      self.pendingAsks = pendingAsks
    }
  }

  /// A file that a pull request changes.
  struct ChangedFile: Sendable {
    var path: String
    /// `added`, `modified`, `removed`.
    var status: String
    /// From the first `@@` on; empty for binary files.
    var patch: String

    /// The lines of the new file that the patch shows.
    var lines: Set<Int> {
      var lines: Set<Int> = []
      var next = 0
      for line in patch.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("@@"), let plus = line.firstIndex(of: "+") {
          next = Int(line[plus...].dropFirst().prefix { $0.isNumber }) ?? 0
        } else if line.hasPrefix("+") || line.hasPrefix(" ") {
          lines.insert(next)
          next += 1
        }
      }
      return lines
    }
  }

  /// Why a change is not made; each dialect has its own words for it.
  enum Refusal: Error, Sendable, Equatable {
    case notFound
    case headUnknown, baseUnknown
    /// One is open already for this branch; its number.
    case alreadyExists(Int)
    case noCommits
    case ownPullRequest
    /// A remark on a line that is no part of the change.
    case lineOutsideChange
    case headMoved, baseMoved
    case notMergeable
    case isDraft
    case blocked(String)
    case alreadyMerged
    case referenceUnknown
  }
}
