package import Agents
import Basics
package import Platform
package import SystemPackage

/// The worktrees of other tasks, while somebody's work runs.
package struct Neighbors: Sendable {
  package let worktrees: Set<String>
  /// When that work began, by the system's clock.
  package let since: timespec

  package init(worktrees: Set<String>, since: timespec) {
    self.worktrees = worktrees
    self.since = since
  }
}

extension Tampering {
  /// What the calls wrote into the worktrees of other tasks. Those tasks' own agents write there all the time, so only a
  /// call counts that names the file as one that it changes, where the file did change since.
  package static func shown(
    by calls: [AgentCall], in neighbors: Neighbors, worktree: FilePath, home: String?
  ) -> [Tampering] {
    guard !neighbors.worktrees.isEmpty else { return [] }
    let worktrees = neighbors.worktrees.map { FilePath($0) }
    var seen: Set<FilePath> = []
    return calls.flatMap { call -> [Tampering] in
      var written = call.path.map { [ShellWords.resolved($0, in: worktree, home: home)] } ?? []
      for command in call.command.map({ ShellWords.simpleCommands(of: $0, in: worktree, home: home) }) ?? [] {
        written += command.writes
        // Which files it changes there, only git knows.
        if let git = GitCall(command), GitCall.changers.contains(git.name) { written += command.mentions }
      }
      return written.compactMap { file -> Tampering? in
        let real = file.inRealFolder
        guard let neighbor = worktrees.first(where: { file.lies(in: $0) || real.lies(in: $0) }), !seen.contains(real),
          hasChanged(real, within: neighbor, since: neighbors.since)
        else { return nil }
        seen.insert(real)
        return Tampering(
          change: RepositoryChange(.neighbor, file.string, old: nil, new: nil, restore: nil, path: file), call: call)
      }
    }
  }

  /// Whether the file, or the folder that it is gone from, changed since.
  private static func hasChanged(_ file: FilePath, within worktree: FilePath, since moment: timespec) -> Bool {
    var path = file
    while true {
      if let stamp = FileStamp(path) { return stamp.isFresh(at: moment) }
      guard path != worktree, path.removeLastComponent() else { return true }
    }
  }
}
