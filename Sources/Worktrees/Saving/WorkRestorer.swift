import Basics
package import Git
import Processes
package import SystemPackage

/// What came of putting saved work back.
package struct RestoredWork: Sendable, Equatable {
  package struct Branch: Sendable, Equatable {
    package let name: String
    package let commit: ObjectID
  }

  package internal(set) var written: [String] = []
  package internal(set) var removed: [String] = []
  package internal(set) var unchanged: [String] = []
  /// Repositories within that were made again, or brought to what was saved, by path.
  package internal(set) var repositories: [String] = []
  /// Made for commits that were on no branch.
  package internal(set) var branches: [Branch] = []
  /// Whether what was staged is staged again.
  package internal(set) var isIndexRestored = false
  /// Why nothing was done, a file each; empty when it was.
  package internal(set) var refused: [String] = []
}

/// Puts saved work back into a working tree: never over anything else, and all or nothing.
struct WorkRestorer: Sendable {
  let environment: [String: String]
  /// Begins the names of branches for commits that were on none.
  let branchName: String

  /// What will be done to one repository; nothing is changed yet.
  private struct Step: Sendable {
    let path: FilePath
    /// From the top of the outermost, with `/` at the end; empty for itself.
    let prefix: String
    let saved: SavedWork
    /// nil for a repository that is made.
    var plan: RestorePlan?
    var restoresIndex = false
    /// A submodule's, which is behind.
    var movesHead = false
    var within: [Step] = []
    /// The repository whose database has the saved commits, where it is another one.
    var source: FilePath?
  }

  func restore(_ saved: SavedWork, into path: FilePath) async throws(GitError) -> RestoredWork {
    var result = RestoredWork()
    let step = try await plan(saved, at: path, prefix: "", outer: nil, &result)
    guard result.refused.isEmpty else { return RestoredWork(refused: result.refused) }
    try await perform(step, &result)
    return result
  }

  // MARK: - Planning

  private func plan(
    _ saved: SavedWork, at path: FilePath, prefix: String, outer: FilePath?, _ result: inout RestoredWork
  ) async throws(GitError) -> Step {
    var step = Step(path: path, prefix: prefix, saved: saved, source: outer)
    let now = try await WorkReader(environment: environment, limit: .max).contents(of: path)
    if let complaint = now.complaints.first {
      result.refused.append("'\(path)' cannot be read as a whole: \(complaint)")
      return step
    }
    if let outer, outer != now.commonDirectory {
      // No reference has them yet: nobody sees a difference.
      try await WorkCommitter.copy([saved.commit], from: command(in: outer), to: now.commonDirectory)
    }
    let git = command(in: path)
    let before = try await self.tree(of: saved.head, in: path)
    if outer != nil, saved.head != now.head, let head = saved.head {
      let isBehind = try await offPool { [environment] () throws(GitError) in
        let repository = try Repository.open(path, environment: environment)
        return try now.head.map { id throws(GitError) in try repository.isAncestor(id, of: head) } ?? true
      }
      guard isBehind, now.tree == now.headTree, now.staged == nil else {
        result.refused.append("'\(prefix.dropLast())' is at another commit than it was")
        return step
      }
      step.movesHead = true
      step.plan = RestorePlan(wanted: try await changes(from: before, to: saved.tree, git), present: [], in: path)
    } else {
      step.plan = RestorePlan(
        wanted: try await changes(from: before, to: saved.tree, git),
        present: try await changes(from: before, to: now.tree, git), in: path)
    }
    result.refused += step.plan?.refused.map { prefix.isEmpty ? $0 : "\(prefix.dropLast()): \($0)" } ?? []
    step.restoresIndex = saved.index != nil && (now.head == saved.head || step.movesHead) && now.staged == nil
    for inner in saved.repositories {
      if let planned = try await plan(inner, of: step, now: now, &result) { step.within.append(planned) }
    }
    return step
  }

  private func plan(
    _ inner: SavedWork.Named, of step: Step, now: WorkContents, _ result: inout RestoredWork
  ) async throws(GitError) -> Step? {
    let saved = try await savedWork(inner.id, in: step.path)
    let path = step.path.appending(inner.name)
    let prefix = "\(step.prefix)\(inner.name)/"
    let there = now.repositories.first { $0.path == inner.name }
    if there?.contents.content == saved.content {
      result.unchanged.append(prefix)
      return nil
    }
    if FileSystem.isVacant(path) {
      for part in parents(of: inner.name) where FileStatus("\(step.path)/\(part)")?.isDirectory == false {
        result.refused.append("'\(step.prefix)\(part)' is in the way: it is not a folder")
        return nil
      }
      return Step(path: path, prefix: prefix, saved: saved, source: now.commonDirectory)
    }
    let isSubmodule = try await offPool { [environment] () throws(GitError) in
      try Repository.open(step.path, environment: environment).populatedGitlinks().contains(inner.name)
    }
    guard isSubmodule else {
      result.refused.append("'\(prefix)' exists")
      return nil
    }
    return try await plan(saved, at: path, prefix: prefix, outer: now.commonDirectory, &result)
  }

  private func parents(of name: String) -> [String] {
    var found: [String] = []
    for part in name.split(separator: "/").dropLast() { found.append((found.last.map { $0 + "/" } ?? "") + part) }
    return found
  }

  private func tree(of commit: ObjectID?, in path: FilePath) async throws(GitError) -> ObjectID {
    try await offPool { [environment] () throws(GitError) in
      guard let commit else {
        guard let empty = ObjectID(WorkContents.emptyTree) else { throw GitError(.other, "no empty tree") }
        return empty
      }
      return try Repository.open(path, environment: environment).tree(of: commit)
    }
  }

  private func savedWork(_ commit: ObjectID, in path: FilePath) async throws(GitError) -> SavedWork {
    try await Repository.withRepository(at: path, environment: environment) { repository throws(GitError) in
      try repository.savedWork(commit)
    }
  }

  private func changes(
    from old: ObjectID, to new: ObjectID, _ git: GitCommand
  ) async throws(GitError) -> [TreeChange] {
    if old == new { return [] }
    return try TreeChange.read(
      try await git.require(.reading, ["diff-tree", "-r", "-z", "--raw", "--no-renames", "\(old)", "\(new)"]))
  }

  private func command(in path: FilePath) -> GitCommand { GitCommand(directory: path, environment: environment) }

  // MARK: - Doing

  private func perform(_ step: Step, _ result: inout RestoredWork) async throws(GitError) {
    if step.plan == nil {
      try await make(step)
      result.repositories.append(String(step.prefix.dropLast()))
    } else {
      try await apply(step, &result)
      if !step.prefix.isEmpty { result.repositories.append(String(step.prefix.dropLast())) }
    }
    try await makeBranches(step, &result)
    for inner in step.within { try await perform(inner, &result) }
  }

  private func apply(_ step: Step, _ result: inout RestoredWork) async throws(GitError) {
    guard let plan = step.plan else { return }
    let git = command(in: step.path)
    if step.movesHead, let head = step.saved.head {
      try await git.require(.checkout(hooks: nil), ["checkout", "--quiet", "--detach", "\(head)"])
    }
    for name in plan.removed {
      let path = step.path.appending(name)
      path.removeFile()
      var folder = path.removingLastComponent()
      while folder != step.path, folder.removeEmptyDirectory() { folder = folder.removingLastComponent() }
    }
    try await write(plan.written, of: step.saved.tree, git)
    if step.restoresIndex, let index = step.saved.index {
      try await stage(index, git)
      if step.prefix.isEmpty { result.isIndexRestored = true }
    }
    result.written += plan.written.map { step.prefix + $0 }
    result.removed += plan.removed.map { step.prefix + $0 }
    result.unchanged += plan.unchanged.map { step.prefix + $0 }
  }

  /// Writes files of a tree as git checks them out, by an index of our own.
  private func write(_ names: [String], of tree: ObjectID, _ git: GitCommand) async throws(GitError) {
    guard !names.isEmpty else { return }
    let scratch = try await offPool { [environment] () throws(GitError) in
      try Repository.open(git.directory, environment: environment).gitDirectory
        .appending("index.restoring.\(UInt64.random(in: 0 ... .max))")
    }
    defer { scratch.removeFile() }
    let scratched = git.adding(["GIT_INDEX_FILE": scratch.string])
    try await scratched.require(.checkout(hooks: nil), ["read-tree", "\(tree)"])
    // An empty folder may be left where a file is to be.
    for path in names.map({ git.directory.appending($0) }) where path.isDirectory { path.removeEmptyDirectory() }
    try await scratched.require(
      .checkout(hooks: nil), ["checkout-index", "--quiet", "--force", "-z", "--stdin"],
      input: Array((names.joined(separator: "\0") + "\0").utf8))
  }

  private func stage(_ tree: ObjectID?, _ git: GitCommand) async throws(GitError) {
    try await git.require(.recording, ["read-tree"] + (tree.map { ["\($0)"] } ?? ["--empty"]))
    // Its times; files that differ are no failure.
    try await git.run(.recording, ["update-index", "--quiet", "--refresh"])
  }

  /// Makes a repository as it was saved.
  private func make(_ step: Step) async throws(GitError) {
    let (path, saved) = (step.path, step.saved)
    guard let source = step.source else { return }
    try await offPool { () throws(GitError) in try path.createDirectories() }
    try await command(in: source).require(.recording, ["init", "--quiet", "--template=", path.string])
    try await WorkCommitter.copy([saved.commit], from: command(in: source), to: path.appending(".git"))
    let git = command(in: path)
    var updates = saved.references.map { "update \($0.name) \($0.id)\n" }.joined()
    if let head = saved.head, let branch = saved.branch, !saved.references.contains(where: { $0.name == branch }) {
      updates += "update \(branch) \(head)\n"
    }
    if !updates.isEmpty {
      try await git.require(.recording, ["update-ref", "--stdin", "--create-reflog"], input: Array(updates.utf8))
    }
    if let branch = saved.branch {
      try await git.require(.recording, ["symbolic-ref", "HEAD", branch])
    } else if let head = saved.head {
      try await git.require(.recording, ["update-ref", "--no-deref", "HEAD", "\(head)"])
    }
    try await stage(saved.tree, git)
    try await git.require(.checkout(hooks: nil), ["checkout-index", "--quiet", "--all"])
    let headTree = try await tree(of: saved.head, in: path)
    try await stage(saved.index ?? (saved.head == nil ? nil : headTree), git)
    var ignored = RestoredWork()
    for inner in saved.repositories {
      let found = try await savedWork(inner.id, in: path)
      try await perform(
        Step(
          path: path.appending(inner.name), prefix: "\(step.prefix)\(inner.name)/", saved: found,
          source: path.appending(".git")), &ignored)
    }
  }

  private func makeBranches(_ step: Step, _ result: inout RestoredWork) async throws(GitError) {
    result.branches += try await makeBranches(for: step.saved.commits, in: step.path, prefix: step.prefix)
  }

  /// Gives a branch to each commit that was saved since it had none, and still has none.
  func makeBranches(
    for commits: [ObjectID], in path: FilePath, prefix: String = ""
  ) async throws(GitError) -> [RestoredWork.Branch] {
    if commits.isEmpty { return [] }
    let branchName = branchName
    return try await offPool { [environment] () throws(GitError) in
      let repository = try Repository.open(path, environment: environment)
      var made: [RestoredWork.Branch] = []
      let lost = try repository.unreachable(commits) { $0.hasPrefix("refs/orchestrator/") || $0 == "refs/stash" }
      var number = 1
      for commit in lost {
        var name = branchName
        while try repository.branch(name) != nil {
          number += 1
          name = "\(branchName)-\(number)"
        }
        try repository.createBranch(name, at: commit)
        made.append(.init(name: prefix.isEmpty ? name : "\(prefix.dropLast()): \(name)", commit: commit))
      }
      return made
    }
  }
}

extension Worktrees {
  /// Puts saved work back into a worktree, as far as nothing else is overwritten: each file must be as it was before that
  /// work, or as it was saved. If any is not, nothing is done, and the result says which.
  /// - Parameter branchName: For commits that were on no branch; a number is added where it is taken.
  package func restore(
    _ saved: SavedWork, into path: FilePath, branchName: String
  ) async throws(GitError) -> RestoredWork {
    try await WorkRestorer(environment: environment, branchName: branchName).restore(saved, into: path)
  }

  /// Gives branches to saved commits, which needs no worktree.
  package func restoreCommits(of saved: SavedWork, branchName: String) async throws(GitError) -> RestoredWork {
    var result = RestoredWork()
    result.branches = try await WorkRestorer(environment: environment, branchName: branchName)
      .makeBranches(for: saved.commits, in: repository)
    return result
  }

  /// Makes a linked worktree at `path` with the saved work: on its branch, if that is where it was and checked out
  /// nowhere, else on a detached `HEAD`.
  /// - Parameter path: absolute; nothing or an empty folder.
  package func restore(
    _ saved: SavedWork, asWorktree path: FilePath, branchName: String
  ) async throws(GitError) -> RestoredWork {
    guard FileSystem.isVacant(path) else { throw GitError(.exists, "'\(path)' exists and is not an empty folder") }
    guard let head = saved.head else {
      throw GitError(.unborn, "the work was saved before the first commit, from which a worktree could be made")
    }
    let (start, hooks) = try await offPool { [repository, environment] () throws(GitError) in
      let repository = try Repository.open(repository, environment: environment)
      let hooks = try repository.hooks()
      guard let name = saved.branch, name.hasPrefix("refs/heads/"), try repository.reference(name) == head,
        case let branch = String(name.dropFirst("refs/heads/".count)),
        try !repository.worktrees().contains(where: { $0.branch == branch })
      else { return (["--detach", path.string, "\(head)"], hooks) }
      if let main = try? Repository.open(repository.commonDirectory, environment: environment).head(),
        case .branch(branch, _) = main
      {
        return (["--detach", path.string, "\(head)"], hooks)
      }
      return ([path.string, branch], hooks)
    }
    let git = GitCommand(directory: repository, environment: environment)
    try await changingRecords { () async throws(GitError) in
      _ = try await git.require(.checkout(hooks: hooks), ["worktree", "add", "--quiet"] + start)
    }
    do throws(GitError) {
      let result = try await restore(saved, into: path, branchName: branchName)
      if result.refused.isEmpty { return result }
      throw GitError(.other, "the new worktree '\(path)' is not as its commit has it: \(result.refused[0])")
    } catch {
      // It holds nothing that the saved work does not.
      _ = try? await changingRecords { () async throws(GitError) in
        _ = try await git.require(.recording, ["worktree", "remove", "--force", path.string])
      }
      throw error
    }
  }
}
