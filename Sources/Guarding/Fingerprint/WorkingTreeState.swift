import Basics
import Git
package import SystemPackage

/// What a worktree is on, and what is uncommitted in it.
package struct WorkingTreeState: Sendable {
  package let folder: FilePath
  /// `ref: refs/heads/main`, or a commit; nil when it cannot be read.
  var head: String?
  /// nil when it could not be told.
  var entries: [String: Entry]?
  private let headFile: FilePath

  struct Entry: Equatable, Sendable {
    var kinds: [WorkingTreeStatus.Entry.Kind]
    /// Tells a further change of a file that was changed before; nil when the file is not there.
    let stamp: FileStamp?
  }

  private static let entryLimit = 10_000

  /// Blocks for as long as `git status` takes there.
  /// - Parameters:
  ///   - head: where its `HEAD` is.
  ///   - ignored: folders in it that are not to be looked at.
  static func read(
    in folder: FilePath, head: FilePath, environment: [String: String], ignoring ignored: [String] = []
  ) -> WorkingTreeState {
    var state = WorkingTreeState(folder: folder, head: head.text, headFile: head)
    guard let repository = try? Repository.open(folder, environment: environment),
      let status = try? repository.status()
    else { return state }
    var entries: [String: Entry] = [:]
    for entry in status.entries.prefix(entryLimit) {
      let path = "\(folder.string)/\(entry.path)"
      if ignored.contains(where: { pathLies(path, in: $0) || pathLies($0, in: path) }) { continue }
      entries[entry.path, default: Entry(kinds: [], stamp: FileStamp(path))].kinds.append(entry.kind)
    }
    state.entries = entries
    return state
  }

  /// The same for a task's worktree; nil when it is none.
  package static func read(inWorktree folder: FilePath, environment: [String: String]) -> WorkingTreeState? {
    guard let repository = try? Repository.open(folder, environment: environment) else { return nil }
    return read(in: folder, head: repository.gitDirectory.appending("HEAD"), environment: environment)
  }

  private init(folder: FilePath, head: String?, headFile: FilePath) {
    self.folder = folder
    self.head = head
    self.headFile = headFile
  }

  /// What is not as it was in `old`, which is of the same worktree.
  package func changes(since old: WorkingTreeState, kind: RepositoryChange.Kind) -> [RepositoryChange] {
    let git = "git -C \(shellQuoted(path: folder.string))"
    var changes: [RepositoryChange] = []
    if let was = old.head, let now = head, was != now {
      let command = was.hasPrefix("ref: ") ? "switch" : "switch --detach"
      changes.append(
        RepositoryChange(
          kind, name("HEAD", kind), old: was, new: now,
          restore: "\(git) \(command) \(shellQuoted(RepositoryFingerprint.branchOrCommit(was)))", path: headFile))
    }
    guard let before = old.entries, let after = entries else { return changes }
    for path in Set(before.keys).union(after.keys).sorted() where before[path] != after[path] {
      changes.append(
        RepositoryChange(
          kind, name(path, kind), old: Self.text(before[path]), new: Self.text(after[path], after: before[path]),
          restore: restoring(path, before[path], after[path], git), path: folder.appending(path)))
    }
    return changes
  }

  /// In the checkout that the user is in, a path says enough.
  private func name(_ path: String, _ kind: RepositoryChange.Kind) -> String {
    kind == .checkout ? path : folder.appending(path).string
  }

  private static func text(_ entry: Entry?, after before: Entry? = nil) -> String {
    guard let entry else { return "as committed" }
    let kinds = entry.kinds.map(\.rawValue).joined(separator: ", ")
    return before?.kinds == entry.kinds ? "\(kinds), changed again" : kinds
  }

  /// Only for what was as committed before: what was changed already is nowhere else.
  private func restoring(_ path: String, _ before: Entry?, _ after: Entry?, _ git: String) -> String? {
    guard before == nil, let after else { return nil }
    let name = shellQuoted(path: path)
    return after.kinds.contains(.untracked) && after.kinds.count == 1
      ? "\(git) clean -f -- \(name)" : "\(git) restore --source=HEAD --staged --worktree -- \(name)"
  }
}
