import Basics
import Engine
package import Forges
package import Git
import Journal
import Processes
import Remotes

/// Pull requests that are based on the branches of others.
extension MergeContext {
  /// Those that are open and are to be merged into the branch, but for that of `number`.
  package func children(of branch: String, except number: Int) async throws -> [PullRequest] {
    try await forge.openPullRequests().filter { $0.base == branch && $0.number != number }
  }

  /// Gives a pull request another base; nil when the forge does not show it.
  package func retarget(
    _ number: Int, from present: String, to base: String, for task: String?
  ) async throws -> PullRequest? {
    try await journal.append(
      .effect(task: task, effects: [EffectRecord(.pullRequestBase, "\(number)", before: present, after: base)]))
    _ = try await forge.retarget(number, to: base)
    let seen = try await forge.pullRequest(number, retryPolicy: retryPolicy) { $0.base == base || $0.state != .open }
    return seen.base == base ? seen : nil
  }

  /// Deletes the branch of a pull request that is merged, if nothing is based on it any more; what is, gets its base.
  /// That it stays is no failure: it is told.
  /// - Parameter tip: where the branch was when it was merged.
  package func deleteBranch(of merged: PullRequest, at tip: ObjectID, for task: String) async throws {
    let branch = merged.head.branch
    guard !merged.isFromFork, merged.head.repository != nil, BranchName.isValid(branch), branch != destination
    else { return }
    do {
      guard try await !stack.isLasting(branch, []) else { return }
      for child in try await children(of: branch, except: merged.number) {
        // The forge closes what is based on a branch that goes.
        guard try await retarget(child.number, from: branch, to: merged.base, for: task) != nil else {
          return try await keep(branch, "#\(child.number) is based on it")
        }
      }
      guard let theirs = try await stack.tip(of: branch) else { return }
      guard theirs == tip else { return try await keep(branch, "it has moved since") }
      let name = "refs/heads/\(branch)"
      try await journal.append(
        .effect(
          task: task,
          effects: [EffectRecord(.remoteBranch, name, before: theirs.description, after: nil, place: remote)]))
      let update = ReferenceUpdate(name, from: theirs, to: nil)
      if let fault = try await place.git.push([update], to: remote, isRehearsal: false) {
        try await keep(branch, secrets.masking(plainText(fault, limit: 300)))
      }
    } catch let error as ForgeError where error.code != .cancelled {
      try await keep(branch, secrets.masking(error.message))
    } catch let error as GitError where error.code != .cancelled {
      try await keep(branch, secrets.masking(error.message))
    }
  }

  private func keep(_ branch: String, _ reason: String) async throws {
    try await journal.append(.warned(message: "branch '\(branch)' is not deleted: \(reason)"))
  }
}
