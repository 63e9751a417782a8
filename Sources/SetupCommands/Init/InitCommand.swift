import Agents
package import ArgumentParser
import Basics
package import CommandSupport
import Discovery
import Engine
import Git
import Processes
import RunViews
import Settings
import SystemPackage
import TerminalUI

/// `git orch init`: look at a repository and write the settings that fit it.
package struct InitCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "init", abstract: "Look at a repository and write the settings that fit it",
    usage: "git orch init [--team] [--force] [--no-claude] [-y] [--json]")

  @Flag(help: "Write .claude-orchestrator.yaml for everybody, instead of local git config")
  var team = false

  @Flag(help: "Overwrite settings that have other values; of a file, keep a backup")
  var force = false

  @Flag(name: .customLong("no-claude"), help: "Look at the files only, ask no model")
  var noClaude = false

  @Flag(name: [.customShort("y"), .customLong("yes")], help: "Write without asking")
  var isApproved = false

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  package init() {}

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let place = try await RepositoryContext.find(from: context.directory, environment: context.environment)
    for warning in place.settings.warnings { context.console.narrate("warning: \(warning)") }
    let stop = StopRequest()
    let signals = SignalHandler(stop: stop, in: context)
    let work = InitSession(options: self, place: place, context: context)
    do {
      try await stop.cancelling(at: .graceful) { try await GitGuard.looking { try await work.perform() } }
    } catch {
      guard let status = signals.status(after: error) else { throw error }
      context.console.narrate("nothing was written")
      return status
    }
    return .done
  }
}

/// One call of the command.
private struct InitSession: Sendable {
  let options: InitCommand
  let place: RepositoryContext
  let context: CommandContext

  /// Cancelling it before it writes leaves everything as it was.
  func perform() async throws {
    let teamFile = try teamFile()
    let facts = try await RepositoryFacts.gather(in: place)
    let inspection = try await ProjectInspection(in: place, remote: facts.remotes.base?.name)
    var project = inspection?.project
    let isKept = teamFile?.isThere == true && !options.force
    if let inspection, !isKept, isWorthAsking(inspection.project, facts) {
      project = try await asked(inspection)
    }
    try Task.checkCancellation()
    let report = InitReport(facts: facts, project: project, settings: place.settings)
    // With --json standard output is for the document alone.
    let terminal = options.json ? context.console.errors : context.console.output
    for line in report.lines(terminal.palette) { terminal.write(line + "\n") }
    let proposals = SettingProposal.all(facts, project, in: place.settings)
    if let teamFile {
      try await finish(report, proposals, in: teamFile, terminal)
    } else {
      try await finish(report, proposals, terminal)
    }
  }

  private func teamFile() throws -> TeamFile? {
    guard options.team else { return nil }
    guard let checkout = place.checkout else {
      throw InitError(
        "a bare repository has no working tree for '\(TeamFile.name)'\n"
          + "hint: run this in one of its worktrees, or without --team")
    }
    return TeamFile(in: checkout)
  }

  // MARK: - Asking claude

  /// Whether an answer could change anything.
  private func isWorthAsking(_ project: Project, _ facts: RepositoryFacts) -> Bool {
    guard !options.noClaude, !project.keyFiles.isEmpty || !project.stacks.isEmpty else { return false }
    if options.force || options.team { return true }
    let settings = place.settings
    return settings.origin(of: .projectTestCommand) == .builtIn && project.testCommand == nil
      || settings.origin(of: .projectKeyFiles) == .builtIn
      || settings.origin(of: .projectAgentInstructions) == .builtIn && project.instructionsFile == nil
        && project.rulesFiles.isEmpty
  }

  private func asked(_ inspection: ProjectInspection) async throws -> Project {
    context.console.narrate("asking claude about the project, for a minute at most (--no-claude skips this)")
    do {
      return try await inspection.asking()
    } catch {
      try Task.checkCancellation()
      context.console.narrate("claude did not help: \(error); using the files only")
      return inspection.project
    }
  }

  // MARK: - Writing

  /// The end with git's configuration.
  private func finish(_ report: InitReport, _ proposals: [SettingProposal], _ terminal: Terminal) async throws {
    let due = proposals.filter { $0.isDue(force: options.force) }
    for proposal in proposals { tellKept(proposal) }
    var isWritten = false
    if !due.isEmpty {
      if let checkout = place.checkout, TeamFile(in: checkout).isThere {
        context.console.narrate("note: what is written here overrides '\(TeamFile.name)'")
      }
      terminal.write("\nfor the repository's git config:\n")
      for proposal in due { terminal.write("  \(shown(proposal))\n") }
      isWritten = try await isWanted("Write \(due.count == 1 ? "this setting" : "these \(due.count) settings")?")
      if isWritten {
        // A task of its own, awaited here: once begun, all are written, whatever signal comes.
        let writer = ConfigWriter(
          directory: place.checkout ?? place.commonDirectory, environment: context.environment)
        try await Task {
          for proposal in due { try await writer.set(proposal.fullName, proposal.value.text, in: .local) }
        }.value
        context.console.narrate("wrote \(due.count) setting\(due.count == 1 ? "" : "s") to the repository's git config")
      }
    } else {
      context.console.narrate("nothing to write: existing values and defaults are kept")
    }
    try conclude(report, proposals.map { document($0, isWritten: isWritten) }, file: nil)
    if isWritten || due.isEmpty { tellNext([]) }
  }

  /// The end with the team's file.
  private func finish(
    _ report: InitReport, _ proposals: [SettingProposal], in file: TeamFile, _ terminal: Terminal
  ) async throws {
    let text = TeamFile.text(proposals)
    var isWritten = false
    if let text, file.holds(text) {
      context.console.narrate("'\(TeamFile.name)' already contains all of it")
    } else if text != nil, file.isThere, !options.force {
      context.console.narrate(
        "kept the existing '\(TeamFile.name)'; --force replaces it, and keeps a backup")
    } else if let text {
      terminal.write("\nfor \(TeamFile.name):\n")
      for line in text.split(separator: "\n") { terminal.write("  \(sanitized(String(line)))\n") }
      isWritten = try await isWanted("Write it?")
      if isWritten {
        try write(text, to: file)
        try await trustWritten()
      }
    } else {
      context.console.narrate("nothing to write: the defaults fit")
    }
    try conclude(
      report, proposals.filter { $0.name != "git.remote" }.map { document($0, isWritten: isWritten, isShared: true) },
      file: isWritten ? file.path.string : nil)
    if isWritten { tellNext(["git add \(TeamFile.name)       and commit it"]) }
  }

  /// The user's own words just now need no further question; everybody else is asked.
  private func trustWritten() async throws {
    let again = try await RepositoryContext.find(from: context.directory, environment: context.environment)
    try await Trust.accept(
      again.pendingTrust, in: place.checkout ?? place.commonDirectory, environment: place.environment)
  }

  private func write(_ text: String, to file: TeamFile) throws {
    if let backup = try file.write(text) {
      context.console.narrate("the previous file is now \(backup.relative(to: context.directory))")
    }
    context.console.narrate("wrote \(file.path.relative(to: context.directory))")
  }

  /// Asks on a terminal; without one, the command itself is the word.
  private func isWanted(_ question: String) async throws -> Bool {
    if options.isApproved { return true }
    let answer = await context.console.prompt.confirm(question, preferred: true)
    try Task.checkCancellation()
    if answer == false { context.console.narrate("nothing was written") }
    return answer ?? true
  }

  // MARK: - Telling

  private func shown(_ proposal: SettingProposal) -> String {
    let value = proposal.value.text.replacing("\n", with: " ⏎ ")
    return "\(proposal.fullName) = \(sanitized(value))"
  }

  private func tellKept(_ proposal: SettingProposal) {
    guard case .other(let present, let origin, let isBeyondReach) = proposal.state,
      !options.force || isBeyondReach
    else { return }
    let remedy = isBeyondReach ? "" : "; --force replaces it"
    context.console.narrate(
      "kept \(proposal.fullName), which is '\(sanitized(present))' in \(origin), not '\(sanitized(proposal.value.text))'"
        + remedy)
  }

  private func document(_ proposal: SettingProposal, isWritten: Bool, isShared: Bool = false) -> InitDocument.Setting {
    let isDue = isShared || proposal.isDue(force: options.force)
    var (present, origin): (String?, String?)
    if !isDue, case .other(let value, let place, _) = proposal.state { (present, origin) = (value, place) }
    let state = isDue ? isWritten ? "written" : "proposed" : present == nil ? "inForce" : "kept"
    return InitDocument.Setting(
      name: proposal.fullName, value: proposal.value.text, state: state, present: present, origin: origin)
  }

  private func conclude(_ report: InitReport, _ settings: [InitDocument.Setting], file: String?) throws {
    guard options.json else { return }
    context.console.answer(try StatusDocument.json(InitDocument(report, settings: settings, file: file)))
  }

  private func tellNext(_ first: [String]) {
    let steps =
      first + [
        "git orch doctor                         checks everything that a run needs",
        "list the work in todo.md                as '- [ ] …' items",
        "git orch run todo.md                    plans it, and shows the plan",
      ]
    context.console.narrate("\nnext:\n" + steps.map { "  \($0)" }.joined(separator: "\n"))
  }
}
