/// A history as `git fast-import` takes it: many commits in one go.
package struct ImportedHistory: Sendable {
  package struct File: Sendable, Equatable {
    package var mode: String
    package var text: String

    package init(_ text: String, mode: String = "100644") {
      self.mode = mode
      self.text = text
    }
  }

  package typealias Tree = [String: File]

  private var lines: [String] = []
  private var commits = 0

  package init() {}

  /// Adds a commit that holds these files and no others, and moves the branch to it; its number is for later parents.
  @discardableResult
  package mutating func commit(_ branch: String, on parents: [Int] = [], _ tree: Tree) -> Int {
    commits += 1
    lines.append("commit refs/heads/\(branch)\nmark :\(commits)")
    lines.append("committer T <t@example.org> \(1_700_000_000 + commits) +0000\ndata 1\nx")
    for (index, parent) in parents.enumerated() { lines.append("\(index == 0 ? "from" : "merge") :\(parent)") }
    lines.append("deleteall")
    for (path, file) in tree.sorted(by: { $0.key < $1.key }) {
      lines.append("M \(file.mode) inline \(path)\ndata \(file.text.utf8.count)\n\(file.text)")
    }
    lines.append("")
    return commits
  }

  package func write(into repository: TemporaryRepository) async throws {
    try await repository.git(["fast-import", "--quiet"], input: lines.joined(separator: "\n") + "\n")
  }
}
