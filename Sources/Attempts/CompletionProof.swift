import Basics
package import Git
package import Guarding
package import SystemPackage
package import Worktrees

/// What git says about a task's work, whatever the agent says.
package struct CompletionProof: Equatable, Sendable {
  /// The branch's commit.
  package let tip: ObjectID
  /// The commits that the branch has beyond the task's start, newest first; at most `commitLimit`.
  package let commits: [Commit]
  /// Why the work is not complete; empty when it is.
  package let faults: [Fault]

  package init(
    tip: ObjectID, commits: [Commit], faults: [Fault]
  ) {
    self.tip = tip
    self.commits = commits
    self.faults = faults
  }

  package enum Fault: Equatable, Sendable {
    /// No commit beyond the start.
    case noCommits
    /// The branch was deleted or renamed.
    case branchGone
    /// Commits that together change nothing.
    case noChanges
    /// Files with changes that are in no commit.
    case uncommitted([String])
    /// The worktree is no longer on the task's branch.
    case leftBranch(now: String)
    /// The branch no longer contains the task's start: history was rewritten.
    case startLost
    /// A commit holds what is not to be pushed.
    case notToBePushed(PushFault)
  }

  /// Why the work is not complete, as a clause.
  package var reason: String {
    let most = 10
    var reasons = faults.prefix(most).map(\.description)
    if faults.count > most { reasons.append("and \(faults.count - most) more such things") }
    let mayNotBePushed = faults.contains { if case .notToBePushed = $0 { true } else { false } }
    if mayNotBePushed {
      reasons.append(
        "what one of the commits holds would be pushed even if a later one removes it: commit again without it")
    }
    return reasons.joined(separator: "; ")
  }

  /// How users let pass what is not to be pushed, a command each.
  package var remedies: [String] {
    var seen: Set<String> = []
    return faults.compactMap { if case .notToBePushed(let fault) = $0 { fault.remedy } else { nil } }
      .filter { seen.insert($0).inserted }
  }

  package static let commitLimit = 1000

  /// Reads the branch, the worktree and, by the rules, what each commit of the branch holds; changes nothing.
  package static func examine(
    worktree: FilePath, branch: String, start: ObjectID, environment: [String: String], rules: PushRules,
    traces: WorktreeTraces = WorktreeTraces()
  ) async throws -> CompletionProof {
    let proof = try await examine(
      worktree: worktree, branch: branch, start: start, environment: environment, of: rules.commonDirectory,
      traces: traces)
    guard !proof.commits.isEmpty else { return proof }
    let examination = PushExamination(
      rules: rules, worktree: worktree, branch: branch, start: start, tip: proof.tip, environment: environment)
    let found = try await examination.faults()
    return CompletionProof(
      tip: proof.tip, commits: proof.commits, faults: proof.faults + found.map(Fault.notToBePushed))
  }

  /// Reads the branch and the worktree; changes nothing.
  /// - Parameters:
  ///   - commonDirectory: the repository's, if the worktree is known to be one of it.
  ///   - traces: what the set-up command left, which nobody need commit.
  package static func examine(
    worktree: FilePath, branch: String, start: ObjectID, environment: [String: String],
    of commonDirectory: FilePath? = nil, traces: WorktreeTraces = WorktreeTraces()
  ) async throws(GitError) -> CompletionProof {
    try await Repository.withRepository(at: worktree, environment: environment) { repository throws(GitError) in
      if let commonDirectory { try refuse(repository, at: worktree, unlessOf: commonDirectory) }
      return try examine(repository, branch: branch, start: start, traces: traces, in: worktree)
    }
  }

  /// Whoever works in a worktree can put another repository in the place of its `.git`, which would prove anything.
  private static func refuse(
    _ repository: Repository, at worktree: FilePath, unlessOf commonDirectory: FilePath
  ) throws(GitError) {
    let found = repository.commonDirectory
    guard found.realPath == commonDirectory.realPath else {
      throw GitError(.other, "'\(worktree)' is no longer a worktree of this repository, but of '\(found)'")
    }
  }

  private static func examine(
    _ repository: Repository, branch: String, start: ObjectID, traces: WorktreeTraces, in worktree: FilePath
  ) throws(GitError) -> CompletionProof {
    guard let tip = try repository.branch(branch) else {
      let place = words(for: try repository.head())
      return CompletionProof(tip: start, commits: [], faults: [.branchGone, .leftBranch(now: place)])
    }
    let commits = try repository.commits(from: tip, excluding: [start], limit: commitLimit)
    var faults: [Fault] = []
    let head = try repository.head()
    if case .branch(branch, _) = head {} else { faults.append(.leftBranch(now: words(for: head))) }
    if try !repository.isAncestor(start, of: tip) { faults.append(.startLost) }
    if commits.isEmpty {
      faults.append(.noCommits)
    } else if try repository.tree(of: tip) == repository.tree(of: start) {
      faults.append(.noChanges)
    }
    let status = traces.unexplained(try repository.status(), in: worktree)
    if !status.isClean { faults.append(.uncommitted(status.entries.map(\.path))) }
    return CompletionProof(tip: tip, commits: commits, faults: faults)
  }

  private static func words(for head: Head) -> String {
    switch head {
    case .branch(let name, _): "'\(name)'"
    case .unborn(let name): "'\(name)', which has no commit"
    case .detached(let commit): "detached at \(commit.abbreviated)"
    }
  }
}

extension CompletionProof.Fault: CustomStringConvertible {
  /// A clause that completes "the work is not complete:".
  package var description: String {
    switch self {
    case .noCommits: "the branch has no new commit"
    case .branchGone: "the branch is gone"
    case .noChanges: "the branch's commits change nothing in the end"
    case .uncommitted(let paths):
      "not committed: \(paths.prefix(5).joined(separator: ", "))\(paths.count > 5 ? " and \(paths.count - 5) more" : "")"
    case .leftBranch(let now): "the worktree left its branch and is on \(now)"
    case .notToBePushed(let fault): fault.description
    case .startLost: "the branch no longer contains the commit it started from"
    }
  }
}
