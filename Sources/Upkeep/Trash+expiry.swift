import Basics
import Engine
import Git
import Journal
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What leaves the trash for good.
extension Trash {
  /// An entry whose time is over.
  package struct Expired: Sendable, Equatable {
    package let id: String
    /// What it was: `branch feature/x`; nil when its note is gone, or cannot be read.
    package let what: String?
    /// Where its parts lie.
    let paths: [FilePath]
  }

  /// The entries that may go now, oldest first.
  package func expired() async throws -> [Expired] {
    let listing = try await place.git.require(
      .reading, ["for-each-ref", "--format=%(refname)", Self.references])
    let named = listing.text.split(separator: "\n").compactMap {
      $0.dropFirst(Self.references.count).split(separator: "/").first
    }
    return await offPool {
      var ids = Set(named.map(String.init))
      ids.formUnion(folder.entries ?? [])
      let besides = besideFolders()
      for beside in besides { ids.formUnion(beside.entries ?? []) }
      return ids.sorted().compactMap { id in
        guard let date = TrashEntry.date(ofID: id),
          now.timeIntervalSince(date) >= Double(expire.components.seconds)
        else { return nil }
        let entry = entry(id)
        let own = [folder.appending(id)] + besides.map { $0.appending(id) }
        let noted = (entry?.moved ?? []).map { FilePath($0.to).removingLastComponent() }.filter {
          // A note that somebody wrote must not lead elsewhere.
          $0.lastComponent?.string == id
            && $0.removingLastComponent().lastComponent?.string == TrashFolder.besideWorktrees
        }
        let paths = (noted + own).reduce(into: [FilePath]()) { if !$0.contains($1) { $0.append($1) } }
        return Expired(
          id: id, what: entry.map { "\($0.kind) \($0.name)" },
          paths: paths.filter { !FileSystem.isAbsent($0) })
      }
    }
  }

  /// Deletes an entry: first what lies elsewhere, then the references, last its own folder, which leads to the rest.
  package func delete(_ expired: Expired) async throws {
    let own = folder.appending(expired.id)
    for path in expired.paths where path != own { try await offPool { try path.removeTree() } }
    let prefix = "\(Self.references)\(expired.id)/"
    let listing = try await place.git.require(
      .reading, ["for-each-ref", "--format=%(objectname) %(refname)", prefix])
    try await changeReferences(
      listing.text.split(separator: "\n").compactMap { line in
        let words = line.split(separator: " ", maxSplits: 1)
        return words.count == 2 ? "delete \(words[1]) \(words[0])" : nil
      })
    try await offPool { try own.removeTree() }
  }

  func entry(_ id: String) -> TrashEntry? {
    let file = folder.appending(id).appending("entry.json")
    guard let bytes = try? file.readBytes(limit: 1 << 20, .plainFile) else { return nil }
    return try? JSONDecoder().decode(TrashEntry.self, from: Data(bytes))
  }

  /// Those next to the worktrees, as the settings have them now.
  private func besideFolders() -> [FilePath] {
    guard let worktrees = try? place.worktreeFolder(plan: nil) else { return [] }
    let beside = worktrees.appending(TrashFolder.besideWorktrees)
    return beside.isDirectory ? [beside] : []
  }
}
