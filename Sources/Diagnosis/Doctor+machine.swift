import Agents
import Basics
import Engine
import KnownAgents
import Plans
import Preflight
import Settings
import SystemPackage

/// Whether the machine has room for as many agents as are to work at a time.
extension Doctor {
  private var jobs: Int { scene.settings[.runJobs] }

  func checkWorktreeFolder(_ notes: Findings) async {
    let name = "Worktrees"
    guard let place = scene.place else { return notes.skip(name, "not in a repository") }
    do {
      let folder = try worktreeFolder(of: place)
      if let reason = FileSystem.whyNotWritable(folder) {
        return notes.fault(
          name, "cannot create worktrees in '\(folder)': \(reason)", fixes: ["git config orchestrator.worktreeDir DIR"])
      }
      notes.ok(name, "\(folder) is writable")
    } catch {
      notes.add(DoctorFinding(name, .fault, error: error))
    }
  }

  private func worktreeFolder(of place: RepositoryContext) throws -> FilePath {
    try place.worktreeFolder(plan: scene.plan?.settings.worktreeDir)
  }

  func checkDisk(_ notes: Findings) async {
    guard let preflight else { return notes.skip("Disk", "not in a repository") }
    notes.add(DoctorFinding(await preflight.disk()))
  }

  /// A cluster takes seconds to begin a job, and other hosts to answer.
  static let clusterLimit = Duration.seconds(20)

  /// Nothing where agents run on this machine.
  func checkCluster(_ notes: Findings, within limit: Duration) async {
    guard let preflight else { return }
    let registry = AgentRegistry(scene.settings)
    // Of a line for the shell, nobody knows which program it is.
    let commands = agentNames.compactMap { try? registry.definition(of: $0) }
      .filter { $0.product != nil }.map(\.program.command)
    for fact in await preflight.farHosts(commands: commands) { notes.add(DoctorFinding(fact)) }
    let facts = await preflight.cluster()
    for fact in facts { notes.add(DoctorFinding(fact)) }
    guard !facts.isEmpty, facts.allSatisfy({ $0.state != .fault }) else { return }
    // The rest is for the questions before, and for what comes after a job.
    if let trial = await preflight.clusterTrial(commands: commands, within: max(.seconds(1), limit - .seconds(10))) {
      notes.add(DoctorFinding(trial))
    }
  }

  func checkMemory(_ notes: Findings) async {
    if preflight?.runsElsewhere ?? false { return notes.skip("Memory", "agents do not run on this machine") }
    notes.add(DoctorFinding(Preflight.memory(jobs: jobs)))
  }

  func checkOpenFiles(_ notes: Findings) async {
    notes.add(DoctorFinding(Preflight.openFiles(jobs: jobs)))
  }
}
