import Agents
package import Git
import Processes
import Settings
package import SystemPackage

extension RepositoryContext {
  /// The remote of that name, if there is one.
  package func remote(_ name: String) async throws -> Remote? {
    try await inRepository { $0.remotes().first { $0.name == name } }
  }

  /// Agents commit as the user does. Without a name git refuses to, and an agent finds out only when its work is done.
  /// - Returns: as whom they commit.
  @discardableResult
  package func requireIdentity() async throws -> CommitIdentity {
    let git = GitCommand(
      directory: checkout ?? commonDirectory,
      environment: GitVariables.droppingCommandLineValues(environment))
    var people: [CommitIdentity.Person] = []
    for role in ["author", "committer"] {
      let answer = try await git.run(["var", "GIT_\(role.uppercased())_IDENT"])
      if answer.isSuccess, let person = CommitIdentity.Person(ident: answer.text) {
        people.append(person)
        continue
      }
      throw RunError(
        .noIdentity, "git does not know who the \(role) of the agents' commits is",
        hints: ["git config --global user.name NAME", "git config --global user.email ADDRESS"])
    }
    return CommitIdentity(author: people[0], committer: people[1])
  }

  /// The folder of the worktrees. A plan may choose one next to the repository; one elsewhere is for the user's own
  /// configuration to say, since a plan may come from somebody else.
  package func worktreeFolder(plan: String?) throws -> FilePath {
    guard let plan else {
      return settings.worktreeDirectory(repositoryRoot: root, name: folderName)
    }
    let folder = root.pushing(FilePath(plan)).lexicallyNormalized()
    let parent = root.removingLastComponent()
    guard folder.starts(with: parent), folder != parent, !folder.starts(with: root) else {
      throw RunError(
        .worktreeFolderOutside, "the plan's worktree_dir '\(plan)' is not a folder next to the repository",
        hints: ["to use it anyway: git config orchestrator.worktreeDir '\(plan)', and remove it from the plan"])
    }
    return folder.appending(folderName)
  }
}
