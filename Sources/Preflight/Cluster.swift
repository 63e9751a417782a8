import Agents
import Basics
import Engine
import Launchers
package import MCPServers
import Settings
import SystemPackage

/// Whether the cluster takes the agents, where they do not run on this machine.
extension Preflight {
  private static let name = "Slurm"

  private var slurm: Slurm? {
    launchers.contains(.slurm) ? Launchers(place.settings, environment: place.environment).cluster : nil
  }

  /// Whether agents take nothing of this machine's memory.
  package var runsElsewhere: Bool { !launchers.contains(.local) }

  /// Nothing for agents of this machine. No job is submitted.
  package func cluster(mcp: MCPSelection = .none) async -> [Fact] {
    guard let slurm else { return [] }
    let name = Self.name
    var facts: [Fact] = []
    // What does not travel to another host is said of that host.
    let isHere = slurm.login == nil
    if isHere, SandboxPolicy(place).coversAgents {
      facts.append(
        Fact(
          name, .fault, "a sandbox of this machine does not reach to a cluster's nodes",
          advice: [
            "run agents there without one: git config orchestrator.sandbox.agents false",
            "or run them here: git config orchestrator.launcher local",
          ]))
    }
    for server in mcp.servers where isHere && server.isOnLoopback {
      facts.append(
        Fact(
          name, .fault, "MCP server '\(server.name)' is reached through this machine alone, not from a node",
          advice: ["leave it out of orchestrator.mcps.enabled, or give it an address that nodes reach"]))
    }
    do throws(LaunchError) {
      let version = try await slurm.version()
      let partition = try await slurm.partition()
      try await slurm.wouldTake()
      let way = slurm.login.map { ", by \($0)" } ?? ""
      facts.append(Fact(name, .good, "\(version), \(partition)\(way)"))
    } catch {
      switch error {
      case .unavailable where !isHere:
        // The host does not answer, which is said of it.
        return facts
      case .unavailable(let words), .postponed(let words):
        let message = "\(Self.oneLine(words)); jobs are submitted once it answers"
        let ping = (slurm.login.map { "ssh \(shellQuoted($0)) " } ?? "") + "scontrol ping"
        facts.append(Fact(name, .warning, message, advice: ["see whether the cluster is up: \(ping)"]))
      case .refused, .full:
        facts.append(
          Fact(
            name, .fault, "agents cannot run as jobs: \(Self.oneLine(error.description))",
            advice: ["run them on this machine: git config orchestrator.launcher local"]))
      }
    }
    return facts
  }

  /// Runs a trial job, for whoever only looks; nil for agents of this machine, and where no job would be taken.
  /// - Parameters:
  ///   - commands: the agents' programs.
  ///   - limit: how long it may wait for its turn.
  package func clusterTrial(commands: [String], within limit: Duration) async -> Fact? {
    guard let slurm, (try? await slurm.wouldTake()) != nil else { return nil }
    let name = "Slurm job"
    let jobs: FilePath
    var folders: [FilePath] = []
    // What nodes must see, and where it is to be otherwise.
    let shared: (what: String, need: String, remedy: String)
    if let login = slurm.login {
      jobs = FilePath(place.settings[.sshFolder])
      shared = (
        "the folder of jobs", "nodes need what agents use, as \(login) has it",
        "choose a folder that the cluster's nodes share with \(login), as orchestrator.ssh.folder"
      )
    } else {
      jobs = place.commonDirectory.appending("orchestrator")
      folders.append(place.commonDirectory)
      if let folder = worktreeFolder, let there = Self.existing(folder) { folders.append(there) }
      shared = (
        "the repository",
        "nodes need the repository and orchestrator.worktreeDir by the same paths, and the same programs",
        "put the repository into a folder that the cluster's nodes share"
      )
    }
    // A line for a shell is no program that could be looked for.
    let search = ExecutableSearch(place.environment)
    let programs = ["git"] + commands.compactMap { search.locate($0)?.string }
    do throws(LaunchError) {
      let trial = try await slurm.trial(
        in: jobs.appending("trial-\(UInt32.random(in: 0 ... .max))"), folders: folders, programs: programs,
        within: limit)
      switch trial {
      case .ran(let node, []):
        return Fact(name, .good, "a trial job ran on \(node), which sees \(shared.what), git and the agent")
      case .ran(let node, let missing):
        return Fact(
          name, .fault, "\(node) does not have \(missing.joined(separator: ", "))", advice: [shared.need])
      case .pending(let reason):
        return Fact(
          name, .unknown,
          "a trial job did not start within \(limit.components.seconds) s"
            + (reason.isEmpty ? "" : " (\(reason))"),
          advice: ["see the queue: \(slurm.login.map { "ssh \(shellQuoted($0)) " } ?? "")squeue --me"])
      case .failed(let reason):
        return Fact(name, .fault, reason, advice: [shared.remedy])
      }
    } catch {
      return Fact(name, .fault, "a trial job could not be submitted: \(Self.oneLine(error.description))")
    }
  }

  /// The folder itself, or the nearest above that is there.
  private static func existing(_ folder: FilePath) -> FilePath? {
    var folder = folder
    while !folder.isDirectory {
      guard folder.removeLastComponent() else { return nil }
    }
    return folder
  }
}
