import Basics
import Git
import SystemPackage

extension RepositoryContext {
  /// Agents are in a working tree and have no `--git-dir`: a repository that git finds by that alone, as people keep
  /// their dotfiles in, is refused before anything is made of it.
  /// - Throws: `RunError`, with what to do.
  package func requireFindable() async throws {
    guard let checkout else { return }
    let isExplicit = ["GIT_DIR", "GIT_WORK_TREE"].contains { self.environment[$0]?.isEmpty == false }
    guard isExplicit || !checkout.appending(".git").exists else { return }
    let (environment, common) = (environment, commonDirectory)
    let isFound = await offPool {
      (try? Repository.open(checkout, environment: environment))?.commonDirectory.realPath == common.realPath
    }
    guard !isFound else { return }
    throw RunError(
      .repositoryNotFindable,
      "git finds the repository '\(commonDirectory)' of '\(checkout)' only by --git-dir, GIT_DIR or core.worktree, which "
        + "agents do not have",
      hints: [
        "let git find it there: echo \(shellQuoted("gitdir: \(commonDirectory)")) > \(shellQuoted("\(checkout)/.git"))",
        "or work in a clone: git clone \(shellQuoted(commonDirectory.string)) FOLDER",
      ])
  }
}
