import Basics

/// How a forge makes a merge.
package enum MergeMethod: String, CaseIterable, Sendable {
  /// One commit on the base that holds all changes.
  case squash
  /// A commit with the base and the head as its parents.
  case merge
  /// The commits one by one on top of the base.
  case rebase
}

/// What a forge says about merges into a branch before one is tried.
package struct MergeRules: Sendable, Equatable {
  /// Those that are allowed, with the forge's own name for each; empty when it does not say.
  package var methods: [MergeMethod: String]
  /// The one that it would choose itself.
  package var standard: MergeMethod?
  /// The checks that must pass, by their names.
  package var requiredChecks: [String]
  /// How many approvals are needed; nil when the forge does not say.
  package var requiredApprovals: Int?
  /// Whether merges are made by the forge's queue alone.
  package var needsQueue: Bool
  /// Whether the forge merges by itself once the rules are met, if it is asked to.
  package var allowsAutoMerge: Bool
  /// Whether there are rules for the branch, or it may not be deleted: it is there to stay.
  package var isProtected: Bool

  package init(
    methods: [MergeMethod: String] = [:], standard: MergeMethod? = nil, requiredChecks: [String] = [],
    requiredApprovals: Int? = nil, needsQueue: Bool = false, allowsAutoMerge: Bool = false, isProtected: Bool = false
  ) {
    self.methods = methods
    self.standard = standard
    self.requiredChecks = requiredChecks
    self.requiredApprovals = requiredApprovals
    self.needsQueue = needsQueue
    self.allowsAutoMerge = allowsAutoMerge
    self.isProtected = isProtected
  }

  /// The method for a merge: `wanted`, or the best for small histories that is allowed. nil when `wanted` is not
  /// allowed.
  package func method(_ wanted: MergeMethod?) -> MergeMethod? {
    guard !methods.isEmpty else { return wanted ?? .squash }
    if let wanted { return methods[wanted] == nil ? nil : wanted }
    if methods[.squash] != nil { return .squash }
    return standard.flatMap { methods[$0] == nil ? nil : $0 } ?? MergeMethod.allCases.first { methods[$0] != nil }
  }
}

/// A merge that is asked for.
package struct MergeOrder: Sendable, Equatable {
  /// The head that is to be merged, by its full hexadecimal name.
  package var commit: String
  package var method: MergeMethod
  /// The forge's own name for the method; nil for the usual one.
  package var methodName: String?
  package var title: String
  package var message: String

  package init(
    commit: String, method: MergeMethod = .squash, methodName: String? = nil, title: String, message: String
  ) {
    self.commit = commit
    self.method = method
    self.methodName = methodName
    self.title = title
    self.message = message
  }
}

extension Forge {
  /// Merges by squash.
  package func merge(
    _ number: Int, expecting commit: String, title: String, message: String
  ) async throws(ForgeError) {
    try await merge(number, MergeOrder(commit: commit, title: title, message: message))
  }

  package func pullRequests(from branch: String) async throws(ForgeError) -> [PullRequest] {
    try await openPullRequests(from: branch)
  }

  package func mergeRules(of branch: String) async throws(ForgeError) -> MergeRules { MergeRules() }

  package func recentChecks(into branch: String) async throws(ForgeError) -> PastChecks? { nil }

  package func leaveToForge(_ number: Int, _ order: MergeOrder, inQueue: Bool) async throws(ForgeError) {
    throw ForgeError(.invalid, "\(site.kind.name) does not merge automatically")
  }

  package func isLeftToForge(_ number: Int) async throws(ForgeError) -> Bool {
    try await pullRequest(number).isQueued
  }

  package func set(_ fields: PullRequestFields, on pullRequest: PullRequest) async throws(ForgeError) -> [String] {
    []
  }

  package func checkStates(of pullRequests: [PullRequest]) async throws(ForgeError) -> [Int: CheckSummary.State] {
    [:]
  }
}

/// Checks that reported on a pull request that was merged.
package struct PastChecks: Sendable, Equatable {
  package var number: Int
  package var state: CheckSummary.State

  package init(number: Int, state: CheckSummary.State) {
    self.number = number
    self.state = state
  }
}
