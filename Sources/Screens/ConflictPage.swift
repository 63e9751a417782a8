import Basics
package import Conflicts
package import Engine
package import Journal
import RunViews
package import TerminalUI

/// Which branches of the run conflict, on a page of its own: what `git orch conflicts` prints.
package enum ConflictPage {
  /// What is known of it.
  package enum Content: Sendable {
    case looking
    case found(FoundConflicts)
    case failed(String)
  }

  package static func rows(_ size: TerminalSize) -> Int { max(1, size.rows - 3) }

  /// The whole text, for a window of that width.
  package static func text(_ content: Content, width: Int, palette: Palette) -> [String] {
    switch content {
    case .looking: ["comparing the branches ..."]
    case .failed(let reason): wrapped(sanitized(reason), to: max(1, width), indent: 2)
    case .found(let found): ConflictsText.lines(found, width: width, palette: palette)
    }
  }

  package static func lines(
    _ frame: LiveFrame, _ content: Content, first: Int, size: TerminalSize, palette: Palette
  ) -> [String] {
    let text = text(content, width: size.columns, palette: palette)
    let room = rows(size)
    let start = min(max(0, first), max(0, text.count - room))
    let id = sanitized(frame.view.id)
    let short = id.split(separator: "-").last.map(String.init) ?? id
    var lines = [
      LiveView.rule(
        ["conflicts · \(frame.view.kind.rawValue) \(id)", "conflicts · \(short)", "conflicts"],
        right: shortText(frame.view.duration), size.columns, palette)
    ]
    lines += text[start..<min(text.count, start + room)]
    while lines.count < size.rows - 1 { lines.append("") }
    lines = Array(lines.prefix(max(1, size.rows - 1)))
    let end = min(text.count, start + room)
    let position = text.count > room ? "\(end) of \(text.count) lines  " : ""
    lines.append(
      palette.paint(
        fitting([position + "Esc back  ↑↓ scroll", "Esc back  ↑↓ scroll", "Esc back"], to: size.columns), .dim))
    return lines.prefix(size.rows).map { palette.spelled(truncated($0, to: max(1, size.columns))) }
  }
}

/// Compares the branches of a run for its screen, and remembers what need not be compared again.
package actor ConflictLook {
  private let find: @Sendable () async throws -> RepositoryContext
  private var judge: BranchJudge?

  /// - Parameter find: the repository, when it is first wanted.
  package init(_ find: @escaping @Sendable () async throws -> RepositoryContext) { self.find = find }

  package func look(at folder: RunFolder) async -> ConflictPage.Content {
    await KillPoint.$isUnnoticed.withValue(true) {
      do {
        let judge =
          if let known = self.judge { known } else { try await BranchJudge(.run(folder), in: try await find()) }
        self.judge = judge
        return .found(try await judge.look())
      } catch {
        return .failed("the branches cannot be compared: \(error)")
      }
    }
  }

  /// Drops what is remembered, and the folder in which that is.
  package func end() { KillPoint.$isUnnoticed.withValue(true) { judge = nil } }
}
