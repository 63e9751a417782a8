package import Agents
package import Engine
package import SystemPackage
import Worktrees

extension AgentRepository {
  /// The repository of a place, with what it has on record for one of its worktrees; reads one small file.
  package init(_ place: RepositoryContext, worktree: FilePath) {
    self.init(
      commonDirectory: place.commonDirectory, worktreeRecord: Worktrees.record(of: worktree), checkout: place.checkout)
  }
}
