/// A place where pull requests live.
///
/// Every call is one question or one change, retried where that is safe: reading, and changes that are the same when
/// made twice, after lost connections and 5xx; everything after a rate limit, since what was turned away was not done.
/// All throw `ForgeError`, `.cancelled` when the task is cancelled. What the forge says is checked by asking it again,
/// which is the caller's part.
package protocol Forge: Sendable {
  var site: ForgeRepository { get }

  /// The fork whose branches pull requests are opened for; nil where they are those of `site` itself.
  var heads: ForgeRepository? { get }

  /// The same as ``access()`` for `heads`; nil where there is none.
  func accessToHeads() async throws(ForgeError) -> ForgeAccess?

  /// Asks for the repository with the login at hand, before anything depends on it.
  /// - Throws: `.clientMissing`, `.notLoggedIn`, `.forbidden`, `.notFound`.
  func access() async throws(ForgeError) -> ForgeAccess

  /// All open pull requests, the newest first, through all pages.
  func openPullRequests() async throws(ForgeError) -> [PullRequest]

  /// The open pull requests whose head is that branch of `heads`, or else of the repository itself (not of a fork),
  /// whatever their base.
  func openPullRequests(from branch: String) async throws(ForgeError) -> [PullRequest]

  /// - Throws: `.notFound` when there is none of that number.
  func pullRequest(_ number: Int) async throws(ForgeError) -> PullRequest

  /// Opens a pull request. Not retried after a lost answer: ``openOnce(_:retryPolicy:)`` looks first.
  /// - Throws: `.alreadyExists`; `.noChanges` when the branch has nothing that the base lacks; `.branchUnknown` when
  ///   the forge does not know the branch or the base (yet).
  func create(_ new: NewPullRequest) async throws(ForgeError) -> PullRequest

  /// Makes another branch the one that it is to be merged into. A member of a stack that the forge itself gives its base
  /// stays as it is, and is no error: the forge follows on its own.
  func retarget(_ number: Int, to base: String) async throws(ForgeError) -> PullRequest

  /// Closes it without a merge, if it is open.
  /// - Returns: It as it is then: closed, or merged.
  func close(_ number: Int) async throws(ForgeError) -> PullRequest

  /// Whether one that was closed can be opened again.
  var canReopen: Bool { get }

  /// Opens one again that was closed, if it is not open.
  /// - Throws: `.invalid` where the forge does not do that, or not without the branch.
  func reopen(_ number: Int) async throws(ForgeError) -> PullRequest

  /// All that was said about it: comments, remarks on lines, reviews.
  func remarks(on number: Int) async throws(ForgeError) -> [ForgeRemark]

  /// Posts a comment. Not retried after a lost answer: ``commentOnce(_:signature:on:retryPolicy:)`` looks first.
  func comment(_ text: String, on number: Int) async throws(ForgeError)

  /// What the forge's checks (CI) say about a commit.
  func checks(of commit: String) async throws(ForgeError) -> CheckSummary

  /// Posts a review: its text, its remarks on lines, its decision. A review that carries the same
  /// ``ReviewPost/signature`` and was posted by the same login is found and completed, not posted again.
  ///
  /// Remarks on lines that the forge does not take (a line that is no part of the change) go into the text. Where it does
  /// not let an author decide on their own pull request, the review is a comment.
  func post(_ review: ReviewPost, on pullRequest: PullRequest) async throws(ForgeError) -> PostedReview

  /// Merges if the head still is the order's commit. That it is merged is for the caller to ask: ``pullRequest(_:)``.
  /// One that is merged already is no error.
  /// - Throws: `.headMoved`, `.queueRequired`, `.notMergeable` with the forge's reason.
  func merge(_ number: Int, _ order: MergeOrder) async throws(ForgeError)

  /// What is said of merges into the branch: by the repository's settings and by its rules, as far as the login may see
  /// them.
  func mergeRules(of branch: String) async throws(ForgeError) -> MergeRules

  /// The newest of the last pull requests merged into the branch that checks had reported on; nil when none had.
  func recentChecks(into branch: String) async throws(ForgeError) -> PastChecks?

  /// Puts it into the merge queue of its base, or else has the forge merge it by itself once all rules are met; if its
  /// head still is the order's commit. One that is there already is no error.
  func leaveToForge(_ number: Int, _ order: MergeOrder, inQueue: Bool) async throws(ForgeError)

  /// Whether the forge still means to merge it: it is in its queue, or waits for its rules. One that is not open is not.
  func isLeftToForge(_ number: Int) async throws(ForgeError) -> Bool

  /// The newest pull requests whose head is or was that branch of the repository itself, whatever became of them; the
  /// newest first.
  func pullRequests(from branch: String) async throws(ForgeError) -> [PullRequest]

  /// Gives a pull request its fields, but for the draft's, which is set when it is opened. What is there stays.
  /// - Returns: What could not be set, and why: a clause each.
  func set(_ fields: PullRequestFields, on pullRequest: PullRequest) async throws(ForgeError) -> [String]

  /// What the checks of each head come to, by number, as far as that can be had in few requests.
  func checkStates(of pullRequests: [PullRequest]) async throws(ForgeError) -> [Int: CheckSummary.State]
}

extension Forge {
  package var heads: ForgeRepository? { nil }

  package func accessToHeads() async throws(ForgeError) -> ForgeAccess? { nil }
}

/// What a login may do with the repository.
package struct ForgeAccess: Sendable, Equatable {
  /// nil when the forge does not say (an application's token).
  package var login: String?
  package var defaultBranch: String?
  /// nil when the forge does not say.
  package var canPush: Bool?
  /// The repository that this one is a fork of, `owner/name`.
  package var parent: String?

  package init(
    login: String? = nil, defaultBranch: String? = nil, canPush: Bool? = nil, parent: String? = nil
  ) {
    self.login = login
    self.defaultBranch = defaultBranch
    self.canPush = canPush
    self.parent = parent
  }
}

/// What somebody said about a pull request.
package struct ForgeRemark: Sendable, Equatable {
  /// As the forge shows it.
  package var author: String
  /// Not a person, as far as the forge says so.
  package var isByProgram: Bool
  /// Empty for a decision without words.
  package var text: String

  package init(author: String, isByProgram: Bool, text: String) {
    self.author = author
    self.isByProgram = isByProgram
    self.text = text
  }
}

/// What all checks of a commit come to.
package struct CheckSummary: Sendable, Equatable {
  package enum State: String, Codable, Sendable {
    /// No check reports on the commit.
    case none
    case passed, pending, failed
  }

  package var state: State
  /// The names of those that failed, or of those that are pending when none failed.
  package var names: [String]
  /// The names of all that report, where that is of use: those of checks that passed.
  package var reported: Set<String>

  package init(state: State, names: [String] = [], reported: Set<String> = []) {
    self.state = state
    self.names = names
    self.reported = reported
  }

  /// The same answer, whatever reported.
  package static func == (one: CheckSummary, other: CheckSummary) -> Bool {
    one.state == other.state && one.names == other.names
  }
}

/// A review to be posted.
package struct ReviewPost: Sendable, Equatable {
  package enum Decision: String, Codable, Sendable {
    case approve
    case requestChanges = "request-changes"
    /// No decision: a comment.
    case comment
  }

  package struct LineComment: Sendable, Equatable {
    /// From the repository's root.
    package var path: String
    /// In the file as it is at the head; counts from 1.
    package var line: Int
    package var body: String

    package init(path: String, line: Int, body: String) {
      self.path = path
      self.line = line
      self.body = body
    }
  }

  package var decision: Decision
  /// Markdown, without the signature.
  package var body: String
  package var lineComments: [LineComment]
  /// The commit that was reviewed, by its full hexadecimal name.
  package var commit: String
  /// A line that no other review has; it is posted as the last line of the text and of each line comment, and tells a
  /// review that is posted already from one that is not.
  package var signature: String

  package init(
    decision: Decision, body: String, lineComments: [LineComment], commit: String, signature: String
  ) {
    self.decision = decision
    self.body = body
    self.lineComments = lineComments
    self.commit = commit
    self.signature = signature
  }
}

extension ReviewPost {
  /// Those of the remarks whose words are not in the text already.
  package func missingInText(_ remarks: [LineComment]) -> [LineComment] {
    func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    let text = words(body)
    return remarks.filter { !text.contains(words($0.body)) }
  }
}

/// What became of a review on the forge.
package struct PostedReview: Sendable, Equatable {
  /// The decision that the forge took: `.comment` when it does not let an author decide.
  package var decision: ReviewPost.Decision
  /// Why the decision is not the one that was asked for, in words.
  package var note: String?
  package var url: String?
  /// Whether it was posted before, and found.
  package var wasThere: Bool

  package init(decision: ReviewPost.Decision, note: String? = nil, url: String? = nil, wasThere: Bool = false) {
    self.decision = decision
    self.note = note
    self.url = url
    self.wasThere = wasThere
  }
}
