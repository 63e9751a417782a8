package import ArgumentParser
import Basics
package import CommandSupport
import Engine
import Journal
import Landing
import Plans
import Processes
import Restacking
import Settings
import Synchronization
import Trains
import WholeWay

/// `git orch land`: bring branches home in an order that is tested.
package struct LandCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "land", abstract: "Bring branches home in an order that is tested",
    usage: "git orch land [<options>] [<run> | <task>... | <branch>...]\nusage: git orch land --continue [--jobs <n>]")

  @Option(help: ArgumentHelp("How they become part of the base: squash (the default), merge, rebase", valueName: "how"))
  var mode: String?

  @Option(help: ArgumentHelp("The base to land on", valueName: "branch"))
  var onto: String?

  @Flag(help: "Move the base branch of the remote, not only yours")
  var push = false

  @Flag(help: "Have the forge merge the pull requests, in order")
  var forge = false

  @Flag(help: "Let the worktree with the base checked out move along")
  var updateCheckout = false

  @Flag(help: "Land what merges, without running tests")
  var noTest = false

  @Option(
    defaultAsFlag: 1, parsing: .next,
    help: ArgumentHelp("Have agents fix what fails", valueName: "n"))
  var fix: Int?

  @Option(
    name: [.customShort("j", allowingJoined: true), .long],
    help: ArgumentHelp("How many tests to run at a time (default: 1)", valueName: "n"))
  var jobs: Int?

  @Flag(name: .customLong("continue"), help: "Finish a landing that was cut short")
  var continues = false

  @Flag(name: [.customShort("n"), .long], help: "Show the order and what would be tested; land nothing")
  var dryRun = false

  @Flag(help: "Print JSON (schema 1)")
  var json = false

  @Argument(help: "A run, or tasks or branches (default: the newest run)")
  var names: [String] = []

  package init() {}

  package func validate() throws {
    if let mode, LandingMode(rawValue: mode) == nil {
      throw ValidationError("--mode takes \(LandingMode.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    if let jobs, !(1...64).contains(jobs) { throw ValidationError("--jobs takes a number from 1 to 64") }
    if let fix, !(1...9).contains(fix) { throw ValidationError("--fix takes a number from 1 to 9") }
    if fix != nil, dryRun { throw ValidationError("--fix and --dry-run cannot be used together") }
    for (isGiven, option) in [(push, "--push"), (updateCheckout, "--update-checkout")] where forge && isGiven {
      throw ValidationError("--forge and \(option) cannot be used together")
    }
    guard continues else { return }
    if !names.isEmpty { throw ValidationError("--continue takes no names: it finishes the landing as it was begun") }
    for (isGiven, option) in [
      (mode != nil, "--mode"), (onto != nil, "--onto"), (push, "--push"), (forge, "--forge"),
      (updateCheckout, "--update-checkout"), (noTest, "--no-test"), (fix != nil, "--fix"), (dryRun, "--dry-run"),
    ] where isGiven {
      throw ValidationError("--continue and \(option) cannot be used together")
    }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    let command = self
    let work = LiveSession(context: context, answersInJSON: json)
    return try await work.interruptibly {
      let place = try await work.workplace()
      let earlier = try command.continues ? command.unfinished(in: place) : nil
      if !command.dryRun { try await command.refreshRun(in: place, work) }
      let request = try command.request(continuing: earlier)
      if command.dryRun {
        let rehearsal = try await LandingRun(
          request, place: place, stop: work.stop, send: LiveSession.send, note: work.note
        ).rehearse()
        if command.json {
          context.console.answer(LandText.json(rehearsal))
        } else {
          for line in LandText.lines(rehearsal, terminal: context.console.output) { context.console.answer(line) }
          for note in rehearsal.plan.notes { context.console.narrate("warning: \(note)") }
        }
        return rehearsal.rows.allSatisfy { $0.conflicts.isEmpty && $0.refusal == nil }
          && rehearsal.plan.leftOut.isEmpty ? .done : .no
      }
      let runs = Mutex((run: 0, known: 0))
      var fixer: WholeLanding.Fixer?
      if request.fixRounds > 0 {
        // Here, too: nobody is to learn at the end of a landing that there is no agent.
        _ = try await work.agents(in: place)
        fixer = WholeLanding.Fixer(
          agents: { try await work.agents(in: place, usual: $1, named: $0.namedAgents) },
          jobs: work.jobs(place.settings[.runJobs]))
      }
      let landing = WholeLanding(
        request, place: place, fixer: fixer, stop: work.stop, send: LiveSession.send, note: work.note)
      let state = try await landing.perform(continuing: earlier) { step in
        try await work.perform(in: place) { signal, observer in
          var counting = observer
          counting.journal = { entry, state in
            if case .trainTested(_, _, let isCached) = entry.event {
              runs.withLock { if isCached { $0.known += 1 } else { $0.run += 1 } }
            }
            observer.journal(entry, state)
          }
          return try await step(signal, counting)
        }
      }
      if state.header.landing?.testCommand != nil {
        let (run, known) = runs.withLock { $0 }
        context.console.narrate(
          "\(run) test run\(run == 1 ? "" : "s")" + (known > 0 ? ", \(known) known from before" : ""))
      }
      return try work.conclude([state])
    }
  }

  /// Somebody may have merged a part of the run on the forge since.
  private func refreshRun(in place: RepositoryContext, _ work: LiveSession) async throws {
    guard let folder = try? PullRequestRefresh.run(names, in: place.store) else { return }
    try await PullRequestRefresh(folder, in: place, stop: work.stop, send: LiveSession.send, note: work.note)
      .performQuietly()
  }

  private func unfinished(in place: RepositoryContext) throws -> RunFolder {
    guard let folder = try LandingRun.unfinished(in: place.store) else {
      throw LandingError(
        "there is no landing to continue: nothing was cut short",
        hints: ["to try again what was set aside: git orch land, or git orch land --fix"])
    }
    return folder
  }

  private func request(continuing earlier: RunFolder?) throws -> LandingRequest {
    var request = LandingRequest(version: Basics.version)
    request.jobs = jobs ?? 1
    if let header = try earlier?.state().header.landing {
      guard LandingMode(rawValue: header.mode) != nil else {
        throw LandingError("the landing was begun by a newer version: it is done by '\(header.mode)'")
      }
      if let earlier { request.continue(try earlier.state().header) }
      return request
    }
    request.names = names
    request.mode = mode.flatMap(LandingMode.init) ?? .squash
    request.onto = onto
    request.isModeGiven = mode != nil
    request.pushes = push
    request.usesForge = forge
    request.updatesCheckout = updateCheckout
    request.tests = !noTest
    request.fixRounds = fix ?? 0
    return request
  }
}
