import Basics
package import Engine
import Git
import Journal
import Leftovers
import Platform
import Processes
import Remotes
package import SystemPackage
import Worktrees

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// Where what is removed lies until it expires: `<common git directory>/orchestrator/trash/<id>` and
/// `refs/orchestrator/trash/<id>/`.
///
/// Nothing is copied: folders are renamed, references moved by one transaction. Whenever the process is killed, each
/// thing is where it was or in the trash, and the entry's note, which is written first, says where.
package struct Trash: Sendable {
  package static let references = "refs/orchestrator/trash/"

  let place: RepositoryContext
  let expire: Duration
  let now: Date

  package init(_ place: RepositoryContext, expire: Duration, now: Date) {
    self.place = place
    self.expire = expire
    self.now = now
  }

  package var folder: FilePath { Self.folder(place) }

  static func folder(_ place: RepositoryContext) -> FilePath {
    place.commonDirectory.appending("orchestrator").appending("trash")
  }

  /// A place for a worktree that a run's undo moves away, which expires as everything here does.
  static func freePlace(_ place: RepositoryContext) -> FilePath {
    while true {
      let home = folder(place).appending(RunID.make(at: .now))
      if FileSystem.isAbsent(home) { return home }
    }
  }

  // MARK: - In

  /// Moves a leftover here. Its place in the trash is returned.
  func take(_ leftover: Leftover) async throws -> TrashEntry {
    let (id, home) = try await offPool { try makeFolder() }
    var entry = TrashEntry(
      leftover, id: id, commonDirectory: place.commonDirectory.string, now: now, expire: expire)
    do {
      try await fill(&entry, with: leftover, home)
      let script = entry.script(in: home)
      let note = entry
      try await offPool {
        try FileSystem.create(home.appending(Self.pending), containing: "")
        try FileSystem.create(home.appending("restore"), containing: script)
        try note.write(to: home)
      }
      try await move(entry, leftover)
      try FileSystem.remove(home.appending(Self.pending))
      return entry
    } catch {
      await giveBack(entry, home)
      throw error
    }
  }

  private func makeFolder() throws -> (String, FilePath) {
    while true {
      let id = RunID.make(at: now)
      let home = folder.appending(id)
      guard !home.exists else { continue }
      try FileSystem.createFolder(home, permissions: 0o700)
      return (id, home)
    }
  }

  /// Says what is to go where, before anything does.
  private func fill(_ entry: inout TrashEntry, with leftover: Leftover, _ home: FilePath) async throws {
    let id = entry.id
    var logged: Set<ObjectID> = []
    if let path = leftover.path {
      let target = try await target(for: path, id: id, home)
      // Of a worktree that is gone, only the record is left.
      let isRecord = leftover.kind == .record
      if !isRecord || leftover.record == nil { entry.moved.append(.init(from: path.string, to: target.string)) }
      if let name = leftover.record {
        let record = place.commonDirectory.appending("worktrees").appending(name)
        entry.moved.append(.init(from: record.string, to: home.appending("record").string))
      }
      entry.isWorktree = leftover.kind == .worktree
      let record =
        isRecord && leftover.record == nil
        ? path
        : leftover.record.map {
          place.commonDirectory.appending("worktrees").appending($0)
        }
      if let record {
        logged = try await place.withRepository { repository throws(GitError) in
          repository.commitsNamed(inRecord: record)
        }
      }
    }
    if let name = leftover.reference, let commit = leftover.commit {
      let trash = "\(Self.references)\(id)/\(name.dropFirst("refs/".count))"
      entry.references.append(.init(name: name, trash: trash, commit: commit))
      logged.formUnion(
        try await place.withRepository { repository throws(GitError) in repository.commitsLogged(of: name) })
      if name.hasPrefix("refs/heads/") {
        entry.configuration = try await configuration(of: String(name.dropFirst("refs/heads/".count)))
      }
    }
    // Here the reference itself still counts: it lives on in the trash.
    let commits = logged
    let lost = try await place.withRepository { repository throws(GitError) in
      try repository.unreferenced(among: commits, ignoring: [Self.references])
    }
    for (number, commit) in lost.enumerated() {
      entry.references.append(
        .init(name: nil, trash: "\(Self.references)\(id)/log/\(number + 1)", commit: commit.description))
    }
  }

  /// A rename does not lead to another file system.
  private func target(for path: FilePath, id: String, _ home: FilePath) async throws -> FilePath {
    try await offPool {
      if let ours = FileStatus(home), let theirs = FileStatus(path), ours.device == theirs.device {
        return home.appending("content")
      }
      let beside = path.removingLastComponent().appending(TrashFolder.besideWorktrees).appending(id)
      try FileSystem.createFolder(beside, permissions: 0o700)
      return beside.appending("content")
    }
  }

  /// The keys of a branch in the repository's own configuration.
  func configuration(of branch: String) async throws -> [TrashEntry.Configuration] {
    let listing = try await place.git.run(.configuring, ["config", "--local", "--list", "-z"])
    guard listing.isSuccess else { return [] }
    let prefix = "branch.\(branch)."
    return listing.records.compactMap { record in
      let parts = record.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let key = parts.first, key.hasPrefix(prefix), !key.dropFirst(prefix.count).contains(".") else { return nil }
      return .init(key: key, value: parts.count > 1 ? parts[1] : "true")
    }
  }

  private func move(_ entry: TrashEntry, _ leftover: Leftover) async throws {
    try await changeReferences(
      entry.references.flatMap { reference in
        ["create \(reference.trash) \(reference.commit)"]
          + (reference.name.map { ["delete \($0) \(reference.commit)"] } ?? [])
      })
    try await removeLedger(leftover)
    let worktrees = Worktrees(repository: place.checkout ?? place.commonDirectory, environment: place.environment)
    switch (leftover.kind, leftover.path, leftover.record, entry.moved.first, entry.moved.last) {
    case (.worktree, let path?, let record?, let folder?, let own?):
      try await worktrees.moveAside(
        record, at: path, to: FilePath(folder.to), record: FilePath(own.to), allowsUnfinished: leftover.isUntouched)
    case (.record, _, let record?, _, let own?):
      let found = try await place.withRepository { repository throws(GitError) in
        try repository.worktrees().first { $0.name == record }
      }
      guard let found else { throw GitError(.notFound, "git's record '\(record)' is gone") }
      // A folder that holds nothing but its `.git` stays for the next look.
      try await worktrees.moveRecord(FilePath(own.from), to: FilePath(own.to))
      if found.path.entries?.isEmpty ?? false { _ = found.path.withPlatformString { rmdir($0) } }
    case (.record, _, nil, let moved?, _):
      try await worktrees.moveRecord(FilePath(moved.from), to: FilePath(moved.to))
    case (_, .some, _, let moved?, _):
      try await offPool {
        KillPoint.before(.move)
        defer { KillPoint.after(.move) }
        guard rename(moved.from, moved.to) == 0 else { throw Errno(rawValue: errno) }
      }
    default: break
    }
    await removeConfiguration(of: entry)
  }

  /// From the remote, where nobody has written it since. What is here is in the trash by then.
  private func removeLedger(_ leftover: Leftover) async throws {
    guard let remote = leftover.remote, let run = leftover.run, let commit = leftover.commit.flatMap(ObjectID.init)
    else { return }
    let update = ReferenceUpdate("refs/orchestrator/runs/\(run)", from: commit, to: nil)
    if let refusal = try await place.git.push([update], to: remote, timeout: .seconds(60)) {
      throw GitError(.commandFailed, refusal)
    }
  }

  func removeConfiguration(of entry: TrashEntry) async {
    guard let key = entry.configuration.first?.key, let dot = key.lastIndex(of: ".") else { return }
    _ = try? await place.git.run(.configuring, ["config", "--local", "--remove-section", String(key[..<dot])])
  }

  /// After a failure: what was moved by then is where it was, but for references, which are put back.
  func giveBack(_ entry: TrashEntry, _ home: FilePath) async {
    // Where something has come here already, the note must stay with it.
    if entry.moved.contains(where: { FilePath($0.to).exists }) { return }
    let zeros = String(repeating: "0", count: 40)
    for reference in entry.references {
      if let name = reference.name {
        // Fails when it never went, which is as well.
        _ = try? await place.git.run(.recording, ["update-ref", name, reference.commit, zeros])
      }
      _ = try? await place.git.run(.recording, ["update-ref", "-d", reference.trash, reference.commit])
    }
    await offPool {
      for name in ["entry.json", "restore", Self.pending] { _ = home.appending(name).withPlatformString { unlink($0) } }
      _ = home.withPlatformString { rmdir($0) }
      for moved in entry.moved { _ = FileSystem.folder(of: moved.to).withCString { rmdir($0) } }
    }
  }

  func changeReferences(_ lines: [String]) async throws {
    guard !lines.isEmpty else { return }
    let input = (["option no-deref"] + lines.map { $0 }).joined(separator: "\n") + "\n"
    try await place.git.require(.recording, ["update-ref", "--stdin"], input: Array(input.utf8))
  }
}
