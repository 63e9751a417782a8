/// A conflict as an agent is told of it.
package struct ConflictNews: Sendable, Equatable {
  /// What its branch conflicts with: a branch, and the task's title; nil of the base.
  package let branch: String
  package let title: String?
  package let paths: [String]
  package let count: Int

  /// What the agent is told, in Markdown.
  package static func text(of news: [Self], base: String) -> String {
    """
    What is on your branch now does not merge with work that comes before it:

    \(news.map(\.line).joined(separator: "\n"))

    Look at the other side, for example `git diff \(base)...BRANCH -- FILE`, and finish your task so that both
    can be merged: leave the lines alone that the other has changed where your task can do without them, and where it
    cannot, write them so that both intentions hold. Do not merge or rebase, and do not undo the other's work.
    """
  }

  var line: String {
    let named = paths.prefix(10).map { "`\($0)`" }.joined(separator: ", ")
    let rest = count > 10 ? " and \(count - 10) more" : ""
    // Titles are lines of somebody's list.
    let task = title.map { " (another task: \($0.split(separator: "\n").joined(separator: " ")))" } ?? ""
    return "- with `\(branch)`\(task): \(named)\(rest)"
  }
}
