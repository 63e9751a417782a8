import Basics
package import Engine
package import Git
package import Journal
package import Merging
import Processes
import Remotes
import SystemPackage

/// What a branch is to become.
package struct BranchMove: Sendable {
  package let task: String
  package let branch: String
  package let before: ObjectID
  package let after: ObjectID
  /// The worktree that has it checked out.
  var checkout: FilePath?

  package init(task: String, branch: String, before: ObjectID, after: ObjectID) {
    self.task = task
    self.branch = branch
    self.before = before
    self.after = after
  }

  var reference: String { "refs/heads/\(branch)" }
}

/// Moves branches to what was made of them: here in one transaction, in the worktrees that have them checked out, and at
/// the remote where that has them as they were.
package struct BranchMover: Sendable {
  let place: RepositoryContext
  let journal: RunJournal
  let quarantine: MergeQuarantine
  /// On top of which they are then.
  let base: String
  /// nil where they are only here.
  let remote: String?
  /// Why they are moved, as what is said of each.
  package var reason = Reason.landed

  package enum Reason: Sendable {
    /// They build on what has landed.
    case landed
    /// The forge merges nothing that lacks a part of the base.
    case rules

    func words(_ base: String) -> String {
      switch self {
      case .landed: "builds on what has landed, and is on top of '\(base)' now"
      case .rules: "is up to date with '\(base)' now, as its rules want it"
      }
    }

    var stays: String {
      switch self {
      case .landed: "builds on what has landed, and stays as it is"
      case .rules: "is to be brought up to date, and stays as it is"
      }
    }
  }

  /// - Parameters:
  ///   - base: on top of which they are then.
  ///   - remote: nil where they are only here.
  package init(
    place: RepositoryContext, journal: RunJournal, quarantine: MergeQuarantine, base: String, remote: String?
  ) {
    self.place = place
    self.journal = journal
    self.quarantine = quarantine
    self.base = base
    self.remote = remote
  }

  /// - Returns: What was moved: nothing after the first whose worktree is not clean, since what builds on it stays with it.
  package func move(_ all: [BranchMove]) async throws -> [BranchMove] {
    var moves: [BranchMove] = []
    for var move in all {
      do {
        move.checkout = try await BranchCheckout.find(of: move.branch, in: place)
        if let checkout = move.checkout {
          try await BranchCheckout.refuseUnclean(checkout, move.branch, in: place)
          // While it was looked at somebody may have committed there.
          let tip = try await place.withRepository { [branch = move.branch] repository throws(GitError) in
            try repository.branch(branch)
          }
          guard tip == move.before else { throw LandingError("it has new commits") }
        }
      } catch let error as LandingError {
        try await journal.tell("'\(move.branch)' \(reason.stays): \(error.fault)")
        break
      }
      moves.append(move)
    }
    guard !moves.isEmpty else { return [] }
    try await quarantine.adopt(moves.map(\.after))
    var effects: [EffectRecord] = []
    for move in moves {
      let (before, after) = (move.before.description, move.after.description)
      effects.append(EffectRecord(.reference, move.reference, before: before, after: after))
      if let checkout = move.checkout {
        effects.append(EffectRecord(.checkout, checkout.string, before: before, after: after, place: move.reference))
      }
    }
    try await journal.append(.effect(task: nil, effects: effects))
    try await place.git.updateReferences(
      moves.filter { $0.checkout == nil }.map { ReferenceUpdate($0.reference, from: $0.before, to: $0.after) },
      message: "orch: put on top of what landed by \(journal.folder.id)")
    for move in moves {
      if let checkout = move.checkout {
        // Refuses where a file with changes would be overwritten.
        try await GitCommand(directory: checkout, environment: place.environment)
          .require(.checkout(hooks: nil), ["reset", "--quiet", "--keep", "\(move.after)"])
      }
      try await journal.tell(
        "'\(move.branch)' \(reason.words(base)): it was at \(move.before.abbreviated)")
    }
    try await push(moves)
    return moves
  }

  /// Pushes what an earlier process of this journal moved and was killed before it pushed.
  /// - Parameter tasks: those that may be pushed, by their branches.
  /// - Returns: what was moved so, and is as it was made.
  func resume(_ tasks: [String: String]) async throws -> [BranchMove] {
    let folder = journal.folder
    let earlier = try await offPool { () throws(JournalError) in try Self.earlier(in: folder) }
      .filter { tasks[$0.key] != nil && $0.key != base }
    guard !earlier.isEmpty else { return [] }
    let moves = try await place.withRepository { repository throws(GitError) in
      var moves: [BranchMove] = []
      for (branch, move) in earlier where try repository.branch(branch) == move.after {
        moves.append(
          BranchMove(task: tasks[branch] ?? branch, branch: branch, before: move.before, after: move.after))
      }
      return moves
    }
    try await push(moves)
    return moves
  }

  /// The branches that were moved from one commit to another, by their names: where they were, and where they came to.
  /// Blocks.
  package static func earlier(
    in folder: RunFolder?
  ) throws(JournalError) -> [String: (before: ObjectID, after: ObjectID)] {
    var found: [String: (before: ObjectID, after: ObjectID)] = [:]
    try folder?.readEntries { entry in
      guard case .effect(_, let effects) = entry.event else { return }
      for effect in effects where effect.kind == .reference && effect.name.hasPrefix("refs/heads/") {
        guard let before = effect.before.flatMap(ObjectID.init), let after = effect.after.flatMap(ObjectID.init) else {
          continue
        }
        found[String(effect.name.dropFirst("refs/heads/".count))] = (before, after)
      }
    }
    return found
  }

  /// What the remote has as it was, follows.
  package func push(_ moves: [BranchMove]) async throws {
    guard let remote, !moves.isEmpty else { return }
    let theirs = try await place.git.remoteBranches(
      remote: remote, named: moves.map(\.branch), pushURL: place.remote(remote)?.separatePushURL)
    let pushed = moves.filter { theirs[$0.branch] == $0.before }
    guard !pushed.isEmpty else { return }
    let tracked = try await place.withRepository { repository throws(GitError) in
      var tips: [String: ObjectID] = [:]
      for move in pushed { tips[move.branch] = try repository.remoteBranch(move.branch, of: remote) }
      return tips
    }
    try await journal.append(
      .effect(
        task: nil,
        effects: pushed.flatMap { move -> [EffectRecord] in
          [
            .push(of: move.branch, to: remote, from: move.before, to: move.after),
            .tracking(move.branch, of: remote, from: tracked[move.branch], to: move.after),
          ]
        }))
    let (environment, directory) = (place.environment, place.checkout ?? place.commonDirectory)
    let hooks = try await offPool { () throws(GitError) in
      try Repository.hooks(around: directory, environment: environment)
    }
    let reason = try await place.git.push(
      pushed.map { ReferenceUpdate($0.reference, from: $0.before, to: $0.after) }, to: remote, hooks: hooks)
    if let reason {
      try await journal.tell("'\(remote)' does not take the branches that were put on top of what landed: \(reason)")
    }
  }
}

extension RunJournal {
  /// Warns, unless that was said already: what stays as it is, is found again at each look.
  package func tell(_ message: String) async throws(JournalError) {
    if state.warnings.contains(message) { return }
    try await append(.warned(message: message))
  }
}
