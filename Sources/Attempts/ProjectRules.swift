import Basics
package import Journal
package import SystemPackage

/// The rules that a repository has for those who work on it.
package enum ProjectRules {
  /// The repository's CLAUDE.md as a file of the run, nil when it has none: the client itself reads no file of a
  /// repository that nobody has vetted, but its text may be told.
  package static func file(from worktree: FilePath, for task: String, in run: RunFolder) throws -> FilePath? {
    let copy = FilePath("\(run.task(task))/project-rules.md")
    if (try? copy.readText(limit: 1 << 20, .plainFile)) != nil { return copy }
    guard let text = try? FilePath("\(worktree)/CLAUDE.md").readText(limit: 256 << 10, .plainFile), !text.isEmpty else {
      return nil
    }
    try FileSystem.create(copy, containing: "The project's own rules, from its CLAUDE.md:\n\n\(text)\n")
    return copy
  }
}
