import Agents
import Basics
import Engine
import Forges
import Git
import Journal
import Processes

/// What a pull request builds on, and where its work belongs.
extension Merging {
  /// Waits for what the pull request builds on, and turns it to that one's base once it is merged; returns why it
  /// cannot be merged now, nil when it can.
  func settleStack(_ pullRequest: inout PullRequest) async throws -> String? {
    let (needs, ends) = (header.needs, terms.ends)
    try await context.stop.cancelling(at: .graceful) {
      for need in needs { await ends.wait(for: need) }
    }
    if context.stop.level > .none { throw CancellationError() }
    let state = await context.journal.state
    let below = header.needs.compactMap { state[task: $0] }.filter { $0.header.branch == pullRequest.base }
    let merged = below.first { $0.status == .merged }
    if let open = below.first(where: { $0.status != .merged }), merged == nil {
      return "it builds on \(open.header.pullRequest.map { "#\($0)" } ?? open.header.id), which is not merged"
    }
    if let base = merged?.pullRequest?.base {
      // What it was merged into may itself be gone by now.
      switch try await destination(from: base) {
      case .refused(let reason): return reason
      case .branch(let branch): return try await retarget(&pullRequest, to: branch)
      }
    }
    switch try await destination(from: pullRequest.base) {
    case .refused(let reason): return reason
    case .branch(let branch): return try await retarget(&pullRequest, to: branch)
    }
  }

  private enum Destination {
    case branch(String)
    /// Why it cannot be merged, as a clause.
    case refused(String)
  }

  /// Where the work of a pull request against `base` belongs: there, unless that is the branch of another pull request.
  /// Once that one is merged nobody looks at its branch again, and what is merged into it would be lost.
  private func destination(from first: String) async throws -> Destination {
    var base = first
    var seen: Set<String> = []
    while base != terms.destination, seen.insert(base).inserted {
      let found = try await forge.pullRequests(from: base).filter { $0.number != number && !$0.isFromFork }
      if let open = found.first(where: { $0.state == .open }) {
        return .refused("it builds on #\(open.number), which is not merged")
      }
      guard let last = found.first, try await !isLasting(base, found) else { break }
      guard last.state == .merged else {
        return .refused("it builds on #\(last.number), which was closed without a merge")
      }
      if let tip = try await tip(of: base), !last.isAt(tip.description) {
        return .refused("it builds on #\(last.number), which is merged, and whose branch '\(base)' has moved since")
      }
      base = last.base
    }
    return .branch(base)
  }

  /// Whether the branch is one that is there to stay, whose own pull requests are releases.
  private func isLasting(_ branch: String, _ pullRequests: [PullRequest]) async throws -> Bool {
    if pullRequests.filter({ $0.state == .merged }).count > 1 { return true }
    let name = branch.lowercased()
    if Self.lastingNames.contains(name) { return true }
    if Self.lastingFolders.contains(where: { name.hasPrefix($0) }) { return true }
    return try await terms.mergeRules.rules(of: branch).isProtected
  }

  private static let lastingNames: Set = [
    "main", "master", "trunk", "develop", "development", "dev", "next", "staging", "stable", "production", "release",
    "integration", "nightly", "canary", "beta", "alpha",
  ]
  private static let lastingFolders = ["release/", "releases/", "release-", "stable/", "support/", "maint/"]

  /// nil where the branch is gone.
  private func tip(of branch: String) async throws -> ObjectID? {
    do {
      return try await context.place.git.remoteTip(remote: terms.remote, branch: branch)
    } catch {
      if error.code == .cancelled { throw CancellationError() }
      throw ForgeError(.unreachable, "cannot ask '\(terms.remote)' for '\(branch)': \(error)")
    }
  }

  private func retarget(_ pullRequest: inout PullRequest, to base: String) async throws -> String? {
    guard pullRequest.base != base else { return nil }
    guard let seen = try await retarget(number, from: pullRequest.base, to: base) else {
      return "the forge does not show its new base '\(base)'"
    }
    pullRequest = seen
    try await context.journal.append(
      .pullRequestSeen(task: header.id, pullRequest: PullRequestRecord(seen, commit: tip.description)))
    return nil
  }

  /// Gives a pull request another base; nil when the forge does not show it.
  func retarget(_ number: Int, from present: String, to base: String) async throws -> PullRequest? {
    try await context.journal.append(
      .effect(
        task: header.id, effects: [EffectRecord(.pullRequestBase, "\(number)", before: present, after: base)]))
    _ = try await forge.retarget(number, to: base)
    let seen = try await forge.pullRequest(number, retryPolicy: terms.retryPolicy) {
      $0.base == base || $0.state != .open
    }
    return seen.base == base ? seen : nil
  }

  // MARK: - Branches of what is merged

  /// Deletes the branch of a pull request that is merged, if nothing is based on it any more; what is, gets its base.
  /// That it stays is no failure: it is told.
  func deleteBranch(of merged: PullRequest) async throws {
    let branch = merged.head.branch
    guard !merged.isFromFork, merged.head.repository != nil, BranchName.isValid(branch), branch != terms.destination
    else { return }
    do {
      guard try await !isLasting(branch, []) else { return }
      for child in try await forge.openPullRequests() where child.base == branch && child.number != number {
        // The forge closes what is based on a branch that goes.
        guard try await retarget(child.number, from: branch, to: merged.base) != nil else {
          return try await keep(branch, "#\(child.number) is based on it")
        }
      }
      guard let theirs = try await self.tip(of: branch) else { return }
      guard theirs == tip else { return try await keep(branch, "it has moved since") }
      let name = "refs/heads/\(branch)"
      try await context.journal.append(
        .effect(
          task: header.id,
          effects: [EffectRecord(.remoteBranch, name, before: theirs.description, after: nil, place: terms.remote)]))
      let update = ReferenceUpdate(name, from: theirs, to: nil)
      if let fault = try await context.place.git.push([update], to: terms.remote, isRehearsal: false) {
        try await keep(branch, context.secrets.masking(plainText(fault, limit: 300)))
      }
    } catch let error as ForgeError where error.code != .cancelled {
      try await keep(branch, context.secrets.masking(error.message))
    } catch let error as GitError where error.code != .cancelled {
      try await keep(branch, context.secrets.masking(error.message))
    }
  }

  private func keep(_ branch: String, _ reason: String) async throws {
    try await context.journal.append(.warned(message: "branch '\(branch)' is not deleted: \(reason)"))
  }
}
