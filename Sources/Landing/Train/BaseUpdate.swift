import Basics
import Engine
import Git
import Journal
import Processes
import Remotes
import Restacking
import SystemPackage

/// Moves the base to the end of a proven train.
struct BaseUpdate: Sendable {
  let place: RepositoryContext
  let journal: RunJournal
  let branch: String
  /// The remote whose branch is moved; nil for the local one.
  let remote: String?
  let updatesCheckout: Bool

  enum Outcome: Equatable, Sendable {
    case landed
    /// Somebody else was quicker: the base is there now.
    case moved(ObjectID)
  }

  private var reference: String { "refs/heads/\(branch)" }

  /// - Throws: `LandingError` when it must not be done, or cannot: nothing has moved then.
  func perform(from before: ObjectID, to after: ObjectID, count: Int) async throws -> Outcome {
    let message = "orch: landed \(count) branch\(count == 1 ? "" : "es") by \(journal.folder.id)"
    guard let remote else { return try await moveLocal(from: before, to: after, message) }
    let outcome = try await push(to: remote, from: before, to: after)
    if outcome == .landed { try await follow(to: after, message) }
    return outcome
  }

  // MARK: - Here

  private func moveLocal(from before: ObjectID, to after: ObjectID, _ message: String) async throws -> Outcome {
    let now = try await tip()
    if now == after { return .landed }
    guard now == before else {
      guard let now else { throw LandingError("'\(branch)' is gone") }
      return .moved(now)
    }
    if let checkout = try await BranchCheckout.find(of: branch, in: place) {
      guard updatesCheckout else { throw Self.isCheckedOut(branch, at: checkout) }
      try await BranchCheckout.refuseUnclean(checkout, branch, in: place)
      try await note(from: before, to: after, checkout: checkout)
      try await forward(checkout, to: after)
      return .landed
    }
    try await note(from: before, to: after, checkout: nil)
    do {
      try await place.git.updateReferences([ReferenceUpdate(reference, from: before, to: after)], message: message)
    } catch {
      guard let now = try await tip(), now != before else { throw error }
      return now == after ? .landed : .moved(now)
    }
    return .landed
  }

  /// The worktree has the branch checked out and is clean: git brings both to the commit, or neither.
  private func forward(_ checkout: FilePath, to after: ObjectID) async throws {
    let environment = place.environment
    let hooks = try await offPool { () throws(GitError) in
      try Repository.hooks(around: checkout, environment: environment)
    }
    let git = GitCommand(directory: checkout, environment: environment)
    do {
      try await git.require(.checkout(hooks: hooks), ["merge", "--quiet", "--ff-only", "--no-autostash", "\(after)"])
    } catch {
      throw LandingError(
        "cannot update '\(checkout)' to what was proven: \(error.message)",
        hints: [
          "commit or put aside what is in the way, such as marks on a to-do list",
          "what is proven is kept: \(LandingRun.continuation)",
        ])
    }
  }

  private func note(from before: ObjectID, to after: ObjectID, checkout: FilePath?) async throws {
    var effects = [EffectRecord(.reference, reference, before: before.description, after: after.description)]
    if let checkout {
      effects.append(
        EffectRecord(
          .checkout, checkout.string, before: before.description, after: after.description, place: reference))
    }
    try await journal.append(.effect(task: nil, effects: effects))
  }

  private func tip() async throws -> ObjectID? {
    let reference = reference
    return try await place.withRepository { repository throws(GitError) in try repository.reference(reference) }
  }

  /// The local branch comes along where nothing of the user's is in the way.
  func follow(to after: ObjectID, _ message: String? = nil) async throws {
    let message = message ?? "orch: landed by \(journal.folder.id)"
    let reference = reference
    let found = try await place.withRepository { repository throws(GitError) -> (tip: ObjectID, isBehind: Bool)? in
      guard let tip = try repository.reference(reference) else { return nil }
      return (tip, try repository.isAncestor(tip, of: after))
    }
    guard let found, found.tip != after else { return }
    let name = "your '\(branch)'"
    guard found.isBehind else {
      try await journal.append(.warned(message: "\(name) has commits of its own, and stays where it is"))
      return
    }
    do {
      _ = try await moveLocal(from: found.tip, to: after, message)
    } catch let error as JournalError {
      throw error
    } catch is LandingError {
      try await journal.append(
        .warned(message: "\(name) is checked out, and stays behind; to update it: git pull --ff-only"))
    }
  }

  // MARK: - At the remote

  private func push(to remote: String, from before: ObjectID, to after: ObjectID) async throws -> Outcome {
    let pushURL = place.remote(remote)?.separatePushURL
    func theirs() async throws -> ObjectID? {
      try await place.git.remoteTip(remote: remote, branch: self.branch, pushURL: pushURL)
    }
    let known = try await theirs()
    if known == after { return .landed }
    guard known == before else { return .moved(try await fetched(remote)) }
    let (name, branch) = (reference, branch)
    let tracked = try await place.withRepository { repository throws(GitError) in
      try repository.remoteBranch(branch, of: remote)
    }
    try await journal.append(
      .effect(
        task: nil,
        effects: [
          .push(of: branch, to: remote, from: before, to: after),
          .tracking(branch, of: remote, from: tracked, to: after),
        ]))
    let environment = place.environment
    let directory = place.checkout ?? place.commonDirectory
    let hooks = try await offPool { () throws(GitError) in
      try Repository.hooks(around: directory, environment: environment)
    }
    let reason = try await place.git.push(
      [ReferenceUpdate(name, from: before, to: after)], to: remote, hooks: hooks)
    // The remote has the last word, whatever git says: an answer may be lost.
    let now = try await theirs()
    if now == after { return .landed }
    if now != before { return .moved(try await fetched(remote)) }
    throw LandingError(
      "'\(remote)' does not take '\(branch)': \(reason ?? "it is still at \(before.abbreviated)")",
      hints: ["what is proven is kept: \(LandingRun.continuation)"])
  }

  private func fetched(_ remote: String) async throws -> ObjectID {
    let branch = branch
    try await place.git.fetch(remote: remote, branch: branch)
    let tip = try await place.withRepository { repository throws(GitError) in
      try repository.remoteBranch(branch, of: remote)
    }
    guard let tip else { throw LandingError("'\(remote)' has no '\(branch)' any more") }
    return tip
  }
}

// MARK: - Checkouts

extension BaseUpdate {
  /// - Parameter command: the one that does it; nil for the one that was called.
  static func isCheckedOut(
    _ branch: String, at checkout: FilePath, command: String? = "git orch land --update-checkout"
  ) -> LandingError {
    LandingError(
      "'\(branch)' is checked out at '\(checkout)', which is not touched unasked",
      hints: [
        "to update it with the branch: " + (command ?? "add --update-checkout"),
        "or switch it to another branch: git -C \(shellQuoted(checkout.string)) switch BRANCH",
      ])
  }
}
