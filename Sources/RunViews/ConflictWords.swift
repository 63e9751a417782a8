import Basics
import Journal

extension RunView.Row {
  /// A conflict of the task's branch, seen from it.
  package struct Conflict: Sendable, Equatable {
    /// The other task; nil of the base.
    package let with: String?
    package let paths: [String]
    package let count: Int
  }

  /// `conflicts with a in 2 files`, and with how many more; nil when it conflicts with nothing.
  package var conflictText: String? {
    guard let first = conflicts.first else { return nil }
    let more = conflicts.count > 1 ? " and \(conflicts.count - 1) more" : ""
    return "conflicts with \(sanitized(first.with ?? "the base")) in \(fileCount(first.count))" + more
  }
}

/// `1 file`, `2 files`
package func fileCount(_ count: Int) -> String { "\(count) file\(count == 1 ? "" : "s")" }

/// The first paths of a conflict: `a.txt, b.txt and 2 more`.
package func conflictPaths(_ paths: [String], of count: Int, most: Int = 3) -> String {
  let shown = paths.prefix(most)
  return shown.joined(separator: ", ") + (count > shown.count ? " and \(count - shown.count) more" : "")
}
