import Basics
package import Engine
package import Git
package import Journal
import Settings

/// Which branches are asked about.
package enum BranchChoice: Sendable {
  case run(RunFolder)
  /// As the user wrote them.
  case branches([String])

  /// A name is a branch, where there is one; a single one that is none is a run.
  package init(_ names: [String], in place: RepositoryContext) async throws {
    let store = place.store
    guard let first = names.first else {
      self = .run(try await offPool { () throws(JournalError) in try Self.newest(in: store) })
      return
    }
    if names.count == 1, try await place.inRepository({ try Self.commit(first, in: $0) }) == nil {
      self = .run(try await offPool { () throws(JournalError) in try store.run(first) })
    } else {
      self = .branches(names)
    }
  }

  /// The newest run, and no review or landing that followed it, where there is one.
  private static func newest(in store: RunStore) throws(JournalError) -> RunFolder {
    let newest = try store.run(nil)
    for folder in try store.runs().reversed() {
      if let summary = folder.summary(), summary.isReview { continue }
      if folder.hasBegun, let state = try? folder.state(), state.header.isRun { return folder }
    }
    return newest
  }

  /// The tip of a local branch, or what else a name says.
  static func commit(_ name: String, in repository: Repository) throws(GitError) -> ObjectID? {
    if BranchName.isValid(name), let tip = try repository.branch(name) { return tip }
    return try? repository.commit(at: name)
  }
}

/// What is asked about, as it is at one moment.
package struct BranchScene: Sendable, Equatable {
  package struct Branch: Sendable, Equatable {
    /// As it is shown: a task's id, or a branch.
    package let name: String
    package let task: String?
    package let branch: String
    package let tip: ObjectID
    /// Where somebody works on it, while they do.
    package let worktree: String?
  }

  package let run: String?
  /// The name of the base, and where it is.
  package let base: String
  package let baseCommit: ObjectID
  package private(set) var branches: [Branch] = []
  /// Tasks without a branch.
  var missing: [String] = []

  init(run: String?, base: String, baseCommit: ObjectID, branches: [Branch], missing: [String]) {
    (self.run, self.base, self.baseCommit) = (run, base, baseCommit)
    (self.branches, self.missing) = (branches, missing)
  }

  /// A run's, as its journal and the repository have it.
  init(_ header: RunHeader, _ tasks: [TaskState], in repository: Repository) throws {
    run = header.id
    let found = try Base.resolve(header.base.branch, remote: header.remote, in: repository)
    (base, baseCommit) = (found.branch, found.commit)
    for task in tasks {
      let name = task.header.branch
      guard BranchName.isValid(name), let tip = try repository.branch(name) else {
        missing.append(task.header.id)
        continue
      }
      branches.append(
        Branch(
          name: task.header.id, task: task.header.id, branch: name, tip: tip,
          worktree: task.status.isFinal ? nil : task.worktree?.path))
    }
  }

  /// Of branches that the user named.
  init(_ names: [String], setting: String?, remote: String?, in repository: Repository) throws {
    run = nil
    let name = try Base.branchName(plan: nil, setting: setting, remote: remote, in: repository)
    let found = try Base.resolve(name, remote: remote, in: repository)
    (base, baseCommit) = (found.branch, found.commit)
    var seen: Set<String> = []
    for name in names where seen.insert(name).inserted {
      guard let tip = try BranchChoice.commit(name, in: repository) else {
        throw GitError(.notFound, "'\(sanitized(name))' is not a branch")
      }
      branches.append(Branch(name: name, task: nil, branch: name, tip: tip, worktree: nil))
    }
  }
}
