import Basics
import Git
import SystemPackage

/// What a worktree holds that nothing else does, before it is committed.
struct WorkContents: Sendable {
  let path: FilePath
  /// Where the repository's branches and objects are.
  let commonDirectory: FilePath
  let head: ObjectID?
  /// The full name of the branch that is checked out; nil for a detached `HEAD`.
  let branch: String?
  let headTree: ObjectID
  var tree: ObjectID
  /// What is staged; nil in the middle of a merge with conflicts.
  var indexTree: ObjectID?
  var files = 0
  var unkept = UnkeptCommits()
  var references: [SavedWork.Named] = []
  var repositories: [(path: String, contents: WorkContents)] = []
  var clones: [SavedWork.Clone] = []
  /// What could not be taken in, a clause each.
  var complaints: [String] = []

  /// Before the first commit: git knows it without having it.
  static let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

  var hasUncommitted: Bool { tree != headTree || (indexTree ?? headTree) != headTree || !repositories.isEmpty }

  /// Of a worktree.
  var isEmpty: Bool {
    !hasUncommitted && clones.isEmpty && unkept.commits.isEmpty && unkept.stashes.isEmpty && references.isEmpty
  }

  /// What is staged where that is something else than the commit.
  var staged: ObjectID? { indexTree == headTree ? nil : indexTree }

  var allComplaints: [String] {
    complaints + repositories.flatMap { path, contents in contents.allComplaints.map { "'\(path)': \($0)" } }
  }

  /// Equal for worktrees that hold the same, commits that are on no branch aside.
  var content: String { Repository.hash(summary(isWithin: false)) }

  private func summary(isWithin: Bool) -> String {
    var lines = ["\(head?.description ?? "-") \(branch ?? "-") \(tree) \(staged?.description ?? "-")"]
    if isWithin { lines += (unkept.commits + unkept.stashes).map(\.description) }
    lines += references.map { "\($0.id) \($0.name)" }
    lines += repositories.map { "\($0.path)\n{\($0.contents.summary(isWithin: true))}" }
    lines += clones.map { "\($0.commit) \($0.path)" }
    return lines.joined(separator: "\n")
  }

  /// The end of the save's message.
  /// - Parameter commits: those of the repositories within, in their order.
  func lines(repositories commits: [ObjectID]) -> [String] {
    typealias Line = SavedWork.Line
    var lines: [String] = []
    let name = branch.map { percentEncoded($0) }
    switch (head, name) {
    case (let head?, let name?): lines.append(Line.head.text(head.description, name))
    case (let head?, nil): lines.append(Line.head.text(head.description))
    case (nil, let name?): lines.append(Line.head.text(name))
    case (nil, nil): break
    }
    if let staged { lines.append(Line.index.text(staged.description)) }
    lines += unkept.commits.map { Line.commit.text($0.description) }
    lines += unkept.stashes.map { Line.stash.text($0.description) }
    lines += references.map { Line.reference.text($0.id.description, percentEncoded($0.name)) }
    lines += zip(repositories, commits).map { Line.repository.text($1.description, percentEncoded($0.path)) }
    lines += clones.map { Line.clone.text($0.commit.description, percentEncoded($0.path), percentEncoded($0.url)) }
    return lines + [Line.files.text("\(files)"), Line.content.text(content)]
  }
}

/// How much of a worktree is saved.
package enum SavingLimit {
  /// Of all uncommitted files, and of each repository within. What is beyond stays in the worktree alone, which is kept
  /// then.
  package static let bytes = 100 << 20
}
