import Basics
import CommandSupport
import Git
import Journal
import SystemPackage
import TerminalUI
import Upkeep
import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What came of a restoration, for people.
struct RestoreText {
  let entry: SavedEntry
  /// nil when there were only commits, and no worktree.
  let folder: FilePath?
  let result: RestoredWork

  /// How many files are named.
  private static let most = 20

  var lines: [String] {
    let count = result.written.count + result.removed.count
    let what = count == 1 ? "1 file" : "\(count) files"
    let place = folder.map { "\(what) in \($0)" } ?? "commits"
    var lines = [sanitized("restored \(place), of attempt \(entry.attempt) in run \(entry.run)")]
    lines += named(result.written.map { "  \($0)" } + result.removed.map { "  removed: \($0)" })
    if !result.unchanged.isEmpty {
      lines.append(
        "  \(result.unchanged.count == 1 ? "1 file was" : "\(result.unchanged.count) files were") so already")
    }
    if result.isIndexRestored { lines.append("  what was staged is staged again") }
    lines += result.repositories.map { sanitized("  repository: \($0)") }
    lines += result.branches.map { sanitized("  branch '\($0.name)' has commit \($0.commit.abbreviated)") }
    lines += entry.work.stashes.map { sanitized("  a stash entry: git stash apply \($0.abbreviated)") }
    lines += entry.work.clones.map { clone in
      sanitized("  '\(clone.path)' was a clone of \(clone.url) at \(clone.commit.abbreviated), which has all of it")
    }
    return lines
  }

  private func named(_ lines: [String]) -> [String] {
    lines.prefix(Self.most).map { sanitized($0) }
      + (lines.count > Self.most ? ["  and \(lines.count - Self.most) more"] : [])
  }

  var refusal: [String] {
    [sanitized("error: nothing is restored in \(folder?.string ?? "."), since it would overwrite something else:")]
      + named(result.refused.map { "  \($0)" })
      + [sanitized("hint: put it elsewhere and compare: git orch restore \(entry.task) --into DIR")]
  }

  static func others(_ entries: [SavedEntry]) -> String? {
    guard let first = entries.first else { return nil }
    let more = entries.count > 1 ? ", and \(entries.count - 1) more: git orch restore --list \(first.task)" : ""
    return sanitized("also saved: git orch restore \(first.task) --attempt \(first.attempt)\(more)")
  }

  static func list(_ entries: [SavedEntry], terminal: Terminal) -> [String] {
    var table = Table(columns: [
      Table.Column("TASK", isFlexible: true), Table.Column("ATTEMPT"), Table.Column("SAVED"),
      Table.Column("HOLDS", isFlexible: true), Table.Column("REFERENCE"),
    ])
    table.rows = entries.map { entry in
      [
        Table.Cell(entry.task), Table.Cell(entry.attempt),
        Table.Cell(String(entry.savedAt.description.prefix(16)).replacing("T", with: " ")),
        Table.Cell(entry.contents.description), Table.Cell(entry.reference),
      ]
    }
    return table.lines(palette: terminal.palette)
  }
}

extension SavedEntry {
  var savedAt: JournalTime { JournalTime(Date(timeIntervalSince1970: TimeInterval(work.time))) }
}
