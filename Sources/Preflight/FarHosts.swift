import Agents
import Basics
import Engine
import Git
import Launchers
import MCPServers
import Settings
import SystemPackage

/// Whether agents can work on hosts that are reached by ssh, or as jobs of a cluster behind one, and what does not travel
/// there.
extension Preflight {
  private static let name = "ssh"
  private static let here = "run them on this machine: git config orchestrator.launcher local"

  /// The same before there is a run.
  /// - Parameter commands: the agents' programs, as settings have them.
  package func farHosts(commands: [String]) async -> [Fact] {
    let search = ExecutableSearch(place.environment)
    return await farHosts(
      agents: [], programs: commands.map { search.locate($0)?.string ?? $0 }, mcp: .none)
  }

  /// Nothing where agents do not run on such hosts. Changes nothing there but a folder that jobs would make.
  /// - Parameter programs: what they are started with; nil where that is not known.
  func farHosts(agents: [any Agent], programs: [String], mcp: MCPSelection) async -> [Fact] {
    let known = Launchers(place.settings, environment: place.environment)
    let ways = [LauncherChoice.slurm, .ssh].filter(launchers.contains).compactMap { known.selected($0) as? SSH }
    guard !ways.isEmpty else { return [] }
    var facts = sandboxFacts() + serverFacts(mcp) + agentFacts(agents)
    for way in ways where !way.hasHosts {
      let advice = "name some, as ssh calls them: git config --add \(way.setting) HOST"
      facts.append(Fact(Self.name, .fault, "\(way.setting) names no host", advice: [advice]))
    }
    guard ways.contains(where: \.hasHosts) else { return facts }
    facts += await travelFacts()
    let servers = mcp.servers.compactMap { server in
      if case .program(let program, _, _) = server.transport { program } else { nil }
    }
    for way in ways {
      let reports = await way.reports(programs: programs + servers)
      // One is enough for a run.
      let isAnyFit = reports.contains { $0.failure == nil && $0.lacking.isEmpty }
      facts += reports.map { fact($0, of: way.setting, isAnyFit: isAnyFit) }
    }
    return facts
  }

  private func fact(_ report: SSH.HostReport, of setting: String, isAnyFit: Bool) -> Fact {
    let name = "ssh \(report.host)"
    if let failure = report.failure {
      var advice = ["see what ssh says: ssh -o BatchMode=yes \(shellQuoted(report.host)) true"]
      if !isAnyFit { advice.append(Self.here) }
      let state: Fact.State = if case .refused = failure { .fault } else { isAnyFit ? .warning : .fault }
      return Fact(name, state, Self.oneLine(failure.description), advice: advice)
    }
    guard report.lacking.isEmpty else {
      // Jobs go to all of them.
      return Fact(
        name, .fault, "it does not have \(report.lacking.joined(separator: ", "))",
        advice: [
          "install it there, where a shell without a terminal finds it, or take the host out of \(setting)"
        ]
      )
    }
    let free = report.free.map { ", \(byteText($0)) free" } ?? ""
    if let bytes = report.free, bytes < 1 << 30 {
      return Fact(
        name, .warning, "git \(report.git)\(free)",
        advice: ["make room there, or name another folder: git config orchestrator.ssh.folder FOLDER"])
    }
    if let words = report.unlimited {
      let other = "unset the setting, or have agents work elsewhere"
      return Fact(name, .warning, words, advice: [report.remedy ?? other])
    }
    return Fact(name, .good, "git \(report.git)\(free)\(report.hasUnits ? ", systemd" : "")")
  }

  private func sandboxFacts() -> [Fact] {
    guard SandboxPolicy(place).coversAgents else { return [] }
    return [
      Fact(
        Self.name, .fault, "a sandbox of this machine does not reach to other hosts",
        advice: ["run agents there without one: git config orchestrator.sandbox.agents false", Self.here])
    ]
  }

  private func serverFacts(_ mcp: MCPSelection) -> [Fact] {
    mcp.servers.filter(\.isOnLoopback).map { server in
      Fact(
        Self.name, .fault, "MCP server '\(server.name)' is reached through this machine alone, not from another host",
        advice: ["leave it out of orchestrator.mcps.enabled, or give it an address that hosts reach"])
    }
  }

  private func agentFacts(_ agents: [any Agent]) -> [Fact] {
    agents.filter(\.capabilities.needsRelay).map { agent in
      Fact(
        Self.name, .fault, "agent '\(agent.name)' speaks through a program of git-orch's, which is not on other hosts",
        advice: [Self.here])
    }
  }

  /// What agents would miss, or what would keep a worktree from being sent.
  private func travelFacts() async -> [Fact] {
    var facts: [Fact] = []
    let (isShallow, isPartial) =
      (try? await place.inRepository { ($0.isShallow, $0.isPartialClone) }) ?? (false, false)
    if isShallow || isPartial {
      facts.append(
        Fact(
          Self.name, .fault, "not all of the history is here, and what is missing cannot be sent",
          advice: [
            isShallow ? "get the rest: git fetch --unshallow" : "clone it without --filter",
            Self.here,
          ]))
    }
    var left: [String] = []
    if place.checkout?.appending(".gitmodules").exists ?? false { left.append("submodules") }
    let hooks = Self.known.filter { place.hooks.appending($0).isRegularFile }
    if !hooks.isEmpty { left.append("hooks (\(hooks.joined(separator: ", ")))") }
    if agentValue("commit.gpgsign").flatMap(\.self) == "true" { left.append("signatures of commits") }
    if !left.isEmpty {
      facts.append(
        Fact(
          Self.name, .warning, "does not travel to other hosts: \(left.joined(separator: ", "))",
          advice: ["if agents need them: git config orchestrator.launcher local"]))
    }
    return facts
  }
}
