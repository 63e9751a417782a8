import Git
import Journal
import RunViews
import SystemPackage
import Upkeep
import Worktrees

/// A piece of saved work as JSON.
struct SavedDocument: Encodable {
  let run: String
  let task: String
  let attempt: String
  let reference: String
  let commit: String
  let savedAt: JournalTime
  /// The commit that was checked out, and its branch.
  let head: String?
  let branch: String?
  let files: Int
  /// On no branch when they were saved.
  let commits: [String]
  let stashes: [String]
  /// Paths of repositories within.
  let repositories: [String]

  init(_ entry: SavedEntry) {
    let work = entry.work
    (run, task, attempt, reference) = (entry.run, entry.task, entry.attempt, entry.reference)
    (commit, savedAt, head, branch) = (work.commit.description, entry.savedAt, work.head?.description, work.branch)
    files = work.files
    commits = work.commits.map(\.description)
    stashes = work.stashes.map(\.description)
    repositories = work.repositories.map(\.name) + work.clones.map(\.path)
  }
}

/// What is saved, as JSON, schema version 1: fields may be added within it, none is renamed or removed.
struct SavedListDocument: Encodable {
  let schema = 1
  let saved: [SavedDocument]

  init(_ entries: [SavedEntry]) { saved = entries.map(SavedDocument.init) }

  func json() throws -> String { try StatusDocument.json(self) }
}

/// What came of a restoration, as JSON, schema version 1: fields may be added within it, none is renamed or removed.
struct RestoreDocument: Encodable {
  struct Branch: Encodable {
    let name: String
    let commit: String
  }

  let schema = 1
  /// False when nothing was done, for the reasons in `refused`.
  let success: Bool
  let saved: SavedDocument
  /// nil when there were only commits, and no worktree.
  let folder: String?
  let written: [String]
  let removed: [String]
  let unchanged: [String]
  let repositories: [String]
  let branches: [Branch]
  let isIndexRestored: Bool
  let refused: [String]

  init(_ entry: SavedEntry, folder: FilePath?, _ result: RestoredWork) {
    success = result.refused.isEmpty
    saved = SavedDocument(entry)
    self.folder = folder?.string
    (written, removed, unchanged) = (result.written, result.removed, result.unchanged)
    repositories = result.repositories
    branches = result.branches.map { Branch(name: $0.name, commit: $0.commit.description) }
    isIndexRestored = result.isIndexRestored
    refused = result.refused
  }

  func json() throws -> String { try StatusDocument.json(self) }
}
