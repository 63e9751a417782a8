import Basics
package import Git
import Processes
package import SystemPackage

/// What is to be saved of a worktree, and where.
package struct SavingRequest: Sendable {
  /// The top of the worktree.
  package var path: FilePath
  /// A full name, such as `refs/orchestrator/saved/…`; where there is one, `-2`, `-3`, … is added: saved work is never
  /// replaced.
  package var reference: String
  /// The commit's subject.
  package var subject: String
  /// The task's branch, and since when what happened to it is the task's doing, in seconds since 1970.
  package var branch: String?
  package var since: Int?
  /// What was saved of the same worktree before.
  package var previous: ObjectID?
  /// When it is known that nothing is uncommitted.
  package var isClean = false
  /// Commits to keep besides, which a reference still leads to.
  package var commits: [ObjectID] = []
  /// In bytes.
  package var limit = SavingLimit.bytes

  package init(path: FilePath, reference: String, subject: String) {
    (self.path, self.reference, self.subject) = (path, reference, subject)
  }
}

/// What came of saving.
package struct SavingResult: Sendable, Equatable {
  /// Holds everything that could be saved; nil when there is nothing.
  package var saved: SavedWork?
  /// The reference that was made for it; nil when the same was saved before.
  package var reference: String?
  /// What could not be saved and is in the worktree alone, a clause each.
  package var complaints: [String] = []

  package init(complaints: [String] = []) { self.complaints = complaints }
}

extension Worktrees {
  /// Commits what nothing but a worktree holds to a reference, and leaves working tree, index and branches as they are:
  /// - what is staged, changed, deleted and untracked (not what is ignored), also in the middle of a merge with conflicts;
  /// - commits that only the worktree's own records lead to: made on a detached `HEAD`, reset away, amended, rebased; and
  ///   the entries of `git stash` that were made in it;
  /// - repositories within, and submodules, with what none of their remotes has.
  ///
  /// Where nothing is to be saved, no process is started for it, unless git is needed to tell.
  package func saveWork(_ request: SavingRequest) async throws(GitError) -> SavingResult {
    var contents = try await WorkReader(environment: environment, limit: request.limit).contents(
      of: request.path, branch: request.branch, since: request.since, isClean: request.isClean)
    contents.unkept.commits += request.commits
    var result = SavingResult(complaints: contents.allComplaints)
    if contents.isEmpty { return result }
    if contents.unkept.commits.isEmpty, contents.unkept.stashes.isEmpty, let previous = request.previous,
      let before = try? await savedWork(previous), before.content == contents.content
    {
      result.saved = before
      return result
    }
    let commit = try await WorkCommitter(environment: environment).commit(&contents, subject: request.subject)
    result.complaints = contents.allComplaints
    let common = contents.commonDirectory
    let reference = try await offPool { [environment] () throws(GitError) in
      // Not that of the worktree, with which libgit2 1.5 does not see whether a reference exists.
      let repository = try Repository.open(common, environment: environment)
      var name = request.reference
      for number in 2... {
        do throws(GitError) {
          try repository.updateReference(name, to: commit, expecting: nil, message: request.subject)
          break
        } catch {
          guard error.code == .exists || error.code == .conflict else { throw error }
        }
        name = "\(request.reference)-\(number)"
      }
      return name
    }
    result.saved = try await savedWork(commit)
    result.reference = reference
    return result
  }

  package func savedWork(_ commit: ObjectID) async throws(GitError) -> SavedWork {
    try await Repository.withRepository(at: repository, environment: environment) { repository throws(GitError) in
      try repository.savedWork(commit)
    }
  }

  /// Throws `.dirty` unless the commit holds all that the worktree holds now.
  func refuseUnlessSaved(_ saved: ObjectID, in path: FilePath) async throws(GitError) {
    let contents = try await WorkReader(environment: environment).contents(of: path)
    if let complaint = contents.allComplaints.first {
      throw GitError(.dirty, "not all of the worktree '\(path)' is saved: \(complaint)")
    }
    if contents.isEmpty { return }
    guard contents.unkept.commits.isEmpty, try await savedWork(saved).content == contents.content else {
      throw GitError(.dirty, "the worktree '\(path)' has changed since its work was saved to \(saved.abbreviated)")
    }
  }
}
