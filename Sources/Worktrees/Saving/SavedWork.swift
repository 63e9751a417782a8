import Basics
import CLibgit2
package import Git

/// Work that was saved from a worktree, as its commit has it.
///
/// The commit's tree is the working tree. What else nothing but the worktree led to are its parents, and the end of its
/// message says which is what, a line each: `Saved-Head: <id> <branch>`.
package struct SavedWork: Sendable, Equatable {
  package struct Named: Sendable, Equatable {
    package let name: String
    package let id: ObjectID

    package init(name: String, id: ObjectID) { (self.name, self.id) = (name, id) }
  }

  package struct Clone: Sendable, Equatable {
    package let path: String
    package let commit: ObjectID
    package let url: String

    package init(path: String, commit: ObjectID, url: String) {
      (self.path, self.commit, self.url) = (path, commit, url)
    }
  }

  package let commit: ObjectID
  package let tree: ObjectID
  /// In seconds since 1970.
  package let time: Int
  /// The commit that was checked out; nil before the first one.
  package internal(set) var head: ObjectID?
  /// The full name of the branch that was checked out; nil for a detached `HEAD`.
  package internal(set) var branch: String?
  /// What was staged, when that was something else than the commit; nil, too, in the middle of a merge with conflicts.
  package internal(set) var index: ObjectID?
  /// Commits that no reference led to, newest first.
  package internal(set) var commits: [ObjectID] = []
  /// Entries of `git stash`, newest first.
  package internal(set) var stashes: [ObjectID] = []
  /// Of a repository within: its branches, tags and the like.
  package internal(set) var references: [Named] = []
  /// Repositories within that hold work, by path; each commit is such saved work in turn.
  package internal(set) var repositories: [Named] = []
  /// Repositories within that hold nothing that their remote does not have.
  package internal(set) var clones: [Clone] = []
  /// Whether there is nothing but commits and entries of the stash, which need no worktree.
  package var isCommitsOnly: Bool {
    files == 0 && index == nil && repositories.isEmpty && clones.isEmpty && content != nil
  }
  /// How many files were not committed.
  package internal(set) var files = 0
  /// Two that are equal in this hold the same, commits that are on no branch aside.
  package internal(set) var content: String?
}

extension SavedWork {
  /// What a save's message says of it, in this order.
  enum Line: String, CaseIterable {
    case head = "Saved-Head"
    case index = "Saved-Index"
    case commit = "Saved-Commit"
    case stash = "Saved-Stash"
    case reference = "Saved-Reference"
    case repository = "Saved-Repository"
    case clone = "Saved-Clone"
    case files = "Saved-Files"
    case content = "Saved-Content"

    func text(_ fields: String...) -> String { ([rawValue + ":"] + fields).joined(separator: " ") }
  }

  /// Takes in what a line of a message says; false for one that is none of ours.
  fileprivate mutating func take(_ line: Substring) -> Bool {
    guard let colon = line.firstIndex(of: ":"), let kind = Line(rawValue: String(line[..<colon])) else { return false }
    let fields = line[colon...].dropFirst().split(separator: " ").map(String.init)
    guard let first = fields.first else { return true }
    let id = ObjectID(first)
    switch (kind, id) {
    case (.files, _): files = Int(first) ?? 0
    case (.content, _): content = first
    case (.head, let id):
      // An unborn one has a branch alone.
      head = id
      branch = fields.dropFirst(id == nil ? 0 : 1).first.map { percentDecoded($0) }
    case (.index, let id?): index = id
    case (.commit, let id?): commits.append(id)
    case (.stash, let id?): stashes.append(id)
    case (.reference, let id?) where fields.count > 1: references.append(Named(name: percentDecoded(fields[1]), id: id))
    case (.repository, let id?) where fields.count > 1:
      repositories.append(Named(name: percentDecoded(fields[1]), id: id))
    case (.clone, let id?) where fields.count > 2:
      clones.append(Clone(path: percentDecoded(fields[1]), commit: id, url: percentDecoded(fields[2])))
    default: break
    }
    return true
  }
}

extension Repository {
  /// What was saved in that commit. One of an older version says nothing of itself: there the first parent is the commit
  /// that was checked out, and one called `index: …` what was staged.
  package func savedWork(_ commit: ObjectID) throws(GitError) -> SavedWork {
    let found = try lookUp(commit)
    guard let tree = git_commit_tree_id(found.pointer) else { throw GitError(.other, "a commit without a tree") }
    var saved = SavedWork(
      commit: commit, tree: ObjectID(tree.pointee), time: Int(git_commit_time(found.pointer)))
    let message = git_commit_message(found.pointer).map { String(cString: $0) } ?? ""
    var isOurs = false
    for line in message.split(separator: "\n") { isOurs = saved.take(line) || isOurs }
    if isOurs { return saved }
    for (position, parent) in try parents(of: commit).enumerated() {
      if position == 0 {
        saved.head = parent
      } else if position == 1, try summary(of: parent).hasPrefix("index: ") {
        saved.index = try self.tree(of: parent)
      }
    }
    return saved
  }

  /// The references whose names match a pattern such as `refs/tags/*`, where `*` goes for slashes, too.
  package func references(matching pattern: String) throws(GitError) -> [SavedWork.Named] {
    let iterator = try Handle(free: git_reference_iterator_free) {
      git_reference_iterator_glob_new(&$0, pointer, pattern)
    }
    var found: [SavedWork.Named] = []
    var next: OpaquePointer?
    while git_reference_next(&next, iterator.pointer) == 0, let reference = next {
      defer { git_reference_free(reference) }
      guard let commit = try? Handle(free: git_object_free, { git_reference_peel(&$0, reference, GIT_OBJECT_COMMIT) }),
        let id = git_object_id(commit.pointer), let name = git_reference_name(reference)
      else { continue }
      found.append(.init(name: String(cString: name), id: ObjectID(id.pointee)))
    }
    return found.sorted { $0.name < $1.name }
  }
}
