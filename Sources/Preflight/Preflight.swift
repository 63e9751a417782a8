package import Agents
package import Basics
package import Engine
package import Forges
package import Git
package import MCPServers
import Plans
import Remotes
import Settings
package import SystemPackage

/// What a run needs and could find missing only after its agents were paid. A run asks it before the first agent, and
/// doctor by the same code; nothing is changed by it.
package struct Preflight: Sendable {
  let place: RepositoryContext
  /// The remote that branches are pushed to; nil when none are.
  let remote: Remote?
  /// The branch of a task, and a commit that is here, to try a push with.
  let trial: (branch: String, commit: ObjectID)?
  let testCommands: [String]
  let jobs: Int
  let worktreeFolder: FilePath?
  /// Where the agents run, of the tasks there are.
  let launchers: Set<LauncherChoice>

  /// - Parameter launchers: what the tasks say of where their agents run; nil where the setting counts.
  package init(
    _ place: RepositoryContext, remote: Remote?, trial: (branch: String, commit: ObjectID)?, testCommands: [String],
    jobs: Int, worktreeFolder: FilePath?, launchers: [LauncherChoice?] = [nil]
  ) {
    self.place = place
    self.remote = remote
    self.trial = trial
    self.testCommands = testCommands
    self.jobs = jobs
    self.worktreeFolder = worktreeFolder
    self.launchers = Set(launchers.map { $0 ?? place.settings[.launcher] })
  }

  /// What can be known before there is a plan, whose making may be paid, too.
  /// - Returns: what was looked at, a word each.
  /// - Throws: `RunError`, `CancellationError`.
  package static func beforePlanning(in place: RepositoryContext, pushes: Bool) async throws -> [String] {
    _ = try await place.requireIdentity()
    var checked = ["identity"]
    let preflight = Preflight(place, remote: nil, trial: nil, testCommands: [], jobs: 1, worktreeFolder: nil)
    if let signing = await preflight.signing() {
      try [signing].requireNoFault()
      checked.append("signing")
    }
    guard pushes else { return checked }
    let remotes = place.remotes()
    if let fault = remotes.fault { throw fault }
    for name in Set([remotes.base?.name, remotes.push?.name].compactMap(\.self)).sorted() {
      do {
        _ = try await place.git.remoteDefault(of: name)
      } catch {
        if error.code == .cancelled { throw CancellationError() }
        throw Self.unreachable(name, error)
      }
    }
    return checked + ["remotes"]
  }

  /// What is said where a remote does not answer, without which a run that pushes is of no use.
  package static func unreachable(_ remote: String, _ error: any Error) -> RunError {
    RunError(
      .fetchFailed, "cannot reach remote '\(remote)': \(error)",
      hints: ["to keep the branches local: git orch run --no-push"])
  }

  /// All facts of a run, asked side by side.
  /// - Parameters:
  ///   - access: what the forge says of the repository that is pushed to; nil where there is none, or nobody was asked.
  ///   - site: that repository.
  ///   - mcp: the servers that agents get.
  package func facts(
    agents: [any Agent], access: ForgeAccess?, at site: ForgeRepository?, mcp: MCPSelection = .none
  ) async -> [Fact] {
    async let signing = signing()
    async let push = pushAccess(access, at: site)
    async let logins = logins(of: agents)
    async let files = largeFiles()
    async let changes = userChanges()
    async let disk = disk()
    async let cluster = cluster(mcp: mcp)
    async let farHosts = farHosts(agents: agents, programs: programs(of: agents), mcp: mcp)
    let memory = runsElsewhere ? [] : [Self.memory(jobs: jobs)]
    let ours = await [signing, push].compactMap(\.self) + logins + agents.flatMap { gaps(of: $0, mcp: mcp) }
    let theirs = await [files, changes, ledger()].compactMap(\.self) + hooks() + tests(of: agents)
    return await ours + theirs + [disk] + memory + [Self.openFiles(jobs: jobs)] + cluster + farHosts
  }

  /// A line for the shell is no program that could be looked for.
  private func programs(of agents: [any Agent]) -> [String] {
    let search = ExecutableSearch(place.environment)
    return agents.filter { $0.version != nil }.compactMap { search.locate($0.command)?.string ?? $0.command }
  }
}
