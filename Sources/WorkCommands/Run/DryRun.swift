import Agents
import Basics
import CommandSupport
import Engine
import Git
import Journal
import Plans
import Preflight
import Preparing
import Processes
import RunViews
import Runs
import Settings
import SystemPackage
import TerminalUI

/// What a run would do, shown without doing it.
struct DryRun {
  let request: RunRequest
  let place: RepositoryContext
  let agents: AgentSet
  let context: CommandContext
  let stop: StopRequest

  func show() async throws -> ExitStatus {
    let console = context.console
    let preparation = try await RunPreparation.prepare(
      request, in: place, agents: agents, send: LiveSession.send,
      retryPolicy: ForgeRetryNotices(stop: stop, note: { console.narrate($0) }).retryPolicy)
    for note in preparation.notes { context.console.narrate("warning: \(note)") }
    var table = Table(columns: [
      Table.Column("TASK", isFlexible: true), Table.Column("BRANCH", isFlexible: true), Table.Column("STARTS FROM"),
      Table.Column("WORKTREE", isFlexible: true),
    ])
    table.rows = preparation.worktrees.map { task, path in
      let needs = task.needs.isEmpty ? preparation.base.branch : task.needs.joined(separator: " + ")
      let start = task.choices.isEmpty ? needs : "the best of \(task.choices.joined(separator: ", "))"
      return [
        Table.Cell(task.id, .bold), Table.Cell(task.branch), Table.Cell(start),
        Table.Cell(path.relative(to: context.directory).string),
      ]
    }
    let terminal = context.console.output
    let width = terminal.isInteractive ? terminal.size().columns : nil
    for line in table.lines(width: width, palette: terminal.palette) { context.console.answer(line) }
    context.console.answer("")
    context.console.answer(
      verbatim:
        "Base: \(preparation.base.branch) at \(preparation.base.commit.abbreviated); \(request.jobs) at a time")
    let destination =
      preparation.remote.map { "Branches are pushed to '\($0)'" }
      ?? "Branches stay local: \(preparation.localReason ?? "")"
    context.console.answer(verbatim: destination)
    if let forge = preparation.forge {
      context.console.answer(
        verbatim:
          "Pull requests are opened in \(forge.repository) (\(forge.host)) against \(forge.destination)")
    } else if let reason = preparation.noPullRequestsReason {
      context.console.answer(verbatim: "No pull requests: \(reason)")
    }
    for line in candidateLines(preparation.worktrees.map(\.task)) { context.console.answer(verbatim: line) }
    for agent in agents.all {
      let tasks = preparation.worktrees.map(\.task).filter {
        $0.choices.isEmpty && agents[$0.agent].name == agent.name
      }
      guard agents.all.count > 1 || agent.name != AgentKind.claude.rawValue else { continue }
      context.console.answer(verbatim: "Agent \(agent.label): \(tasks.map(\.id).joined(separator: ", "))")
    }
    for (launcher, tasks) in Dictionary(
      grouping: preparation.worktrees.map(\.task).filter(\.choices.isEmpty), by: \.launcher
    )
    .compactMap({ entry in entry.key.map { ($0.rawValue, entry.value) } }).sorted(by: { $0.0 < $1.0 }) {
      context.console.answer(verbatim: "Launcher \(launcher): \(tasks.map(\.id).joined(separator: ", "))")
    }
    let rules = agents.all.map { $0.shownRules(of: preparation.permissions) }.first { !$0.isEmpty } ?? []
    if !rules.isEmpty {
      context.console.answer(verbatim: "Agents may use, besides editing: \(rules.joined(separator: ", "))")
    }
    var facts = preparation.facts
    if facts.allSatisfy({ $0.state != .fault }),
      let trial = await preparation.preflight?.clusterTrial(
        commands: agents.all.filter { $0.version != nil }.map(\.command), within: .seconds(20))
    {
      facts.append(trial)
    }
    for fact in facts {
      context.console.answer(verbatim: "\(Self.symbol(of: fact.state)) \(fact.name): \(fact.message)")
    }
    try facts.requireNoFault()
    context.console.answer(verbatim: "Nothing was done: --dry-run")
    return .done
  }

  /// How often agents work where tasks have candidates, and what that may cost.
  private func candidateLines(_ items: [AgentTask]) -> [String] {
    let several = items.filter { !$0.choices.isEmpty }
    guard !several.isEmpty else { return [] }
    let attempts = several.reduce(0) { $0 + $1.choices.count }
    let noun = several.count == 1 ? "task" : "tasks"
    var line = "Candidates: \(attempts) for \(several.count) \(noun); each costs what a task does"
    let reviewer = agents[place.settings[.reviewAgent]]
    if place.settings[.runReviewCandidates], reviewer.capabilities.answersBySchema != .none {
      line += ", and where tests do not decide, \(reviewer.label) compares them"
    }
    var limits: [String] = []
    if let limit = place.settings[.agentMaxBudgetUsd] {
      limits.append("an attempt at most \(dollarText(limit)) (orchestrator.agent.maxBudgetUsd)")
    }
    if let limit = place.settings[.runMaxBudgetUsd] {
      limits.append("all together \(dollarText(limit)) (orchestrator.run.maxBudgetUsd)")
    }
    return [line] + (limits.isEmpty ? [] : ["They may cost: \(limits.joined(separator: ", "))"])
  }

  /// As in doctor's lines.
  private static func symbol(of state: Fact.State) -> String {
    switch state {
    case .good: "✓"
    case .warning: "!"
    case .fault: "✗"
    case .unknown: "–"
    }
  }
}
