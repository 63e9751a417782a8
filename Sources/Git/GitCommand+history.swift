import Processes

extension GitCommand {
  /// The subjects of the last 50 commits that are no merges, newest first; empty in a repository without a commit.
  package func recentSubjects() async -> [String] {
    // By git: libgit2 would sort the whole history first.
    let output = try? await run(
      .reading, ["log", "--no-merges", "--no-show-signature", "--no-color", "-50", "--format=%s", "--"])
    return output?.text.split(separator: "\n").map(String.init) ?? []
  }
}
