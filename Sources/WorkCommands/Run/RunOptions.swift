import ArgumentParser
import CommandSupport
import Journal
import Settings

/// The options by which `run` and `yolo` execute a plan.
struct RunOptions: ParsableArguments {
  @Option(
    name: [.customShort("c", allowingJoined: true), .long],
    help: ArgumentHelp("The plan, instead of task_config.yaml", valueName: "plan"))
  var config: String?

  @Option(help: ArgumentHelp("Only these tasks, separated by commas", valueName: "ids"))
  var tasks: String?

  @Option(
    name: [.customShort("j", allowingJoined: true), .long],
    help: ArgumentHelp("How many agents work at a time", valueName: "n"))
  var jobs: Int?

  @Option(help: ArgumentHelp("The agent of tasks that name none", valueName: "name"))
  var agent: String?

  @Option(
    name: [.customShort("N", allowingJoined: true), .long],
    help: ArgumentHelp("Make n attempts at each task, and choose the best", valueName: "n"))
  var candidates: Int?

  @Flag(name: [.short, .long], help: "One agent at a time, same as --jobs 1")
  var sequential = false

  @Flag(name: [.customShort("n"), .long], help: "Show what would be done, and do nothing")
  var dryRun = false

  /// In pairs, here and below, since the short help is to fit on a screen.
  enum Withheld: String, FlagChoice { case noPush, noPr }

  @Flag(help: "Push no branches; open no pull requests")
  var withheld: [Withheld] = []

  var noPush: Bool { withheld.contains(.noPush) }
  var noPr: Bool { withheld.contains(.noPr) }

  enum Following: String, FlagChoice { case withReview, land }

  @Flag(help: "Review the pull requests, and land them, afterwards")
  var following: [Following] = []

  var withReview: Bool { following.contains(.withReview) }
  var land: Bool { following.contains(.land) }

  @Flag(help: "Let a checkout of the base move along with --land")
  var updateCheckout = false

  @Option(
    defaultAsFlag: 1, parsing: .next,
    help: ArgumentHelp("Have agents fix what fails", valueName: "n"))
  var fix: Int?

  @Flag(help: "Keep the worktrees of successful tasks, too")
  var keepWorktrees = false

  enum Telling: String, FlagChoice { case detach, json }

  @Flag(help: "Run in the background; print JSON (schema 1)")
  var telling: [Telling] = []

  var detach: Bool { telling.contains(.detach) }
  var json: Bool { telling.contains(.json) }

  func validate() throws {
    if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs takes a number from 1 to 1024") }
    if let candidates, !(1...8).contains(candidates) {
      throw ValidationError("--candidates takes a number from 1 to 8")
    }
    if sequential, let jobs, jobs != 1 {
      throw ValidationError("--sequential and --jobs \(jobs) cannot be used together")
    }
    if withReview, noPr || noPush { throw ValidationError("--with-review needs pull requests to be opened") }
    if withReview, dryRun { throw ValidationError("--with-review and --dry-run cannot be used together") }
    if land, dryRun { throw ValidationError("--land and --dry-run cannot be used together") }
    if !land, updateCheckout || fix != nil {
      throw ValidationError("\(fix != nil ? "--fix" : "--update-checkout") requires --land")
    }
    if let fix, !(1...9).contains(fix) { throw ValidationError("--fix takes a number from 1 to 9") }
    if dryRun, json { throw ValidationError("--dry-run and --json cannot be used together") }
    if detach, dryRun || json {
      throw ValidationError("--detach and \(json ? "--json" : "--dry-run") cannot be used together")
    }
    if let tasks, selected.isEmpty { throw ValidationError("--tasks '\(tasks)' names no task") }
  }

  /// How the branches land afterwards; nil when they do not.
  var lands: LandsRecord? {
    land ? LandsRecord(reviewed: withReview, updatesCheckout: updateCheckout, fixRounds: fix ?? 0) : nil
  }

  /// How many agents work at a time.
  func jobs(_ settings: Settings) -> Int { sequential ? 1 : jobs ?? settings[.runJobs] }

  /// Why no pull requests are opened, as far as options and settings say; nil when they are.
  func noPullRequestsReason(_ settings: Settings) -> String? {
    if noPr { return "--no-pr was given" }
    // Who asks for a review asks for what it needs.
    if withReview { return nil }
    if !settings[.workflowAutoPr] { return "orchestrator.workflow.autoPr is false" }
    return settings[.workflowStopAfterRun] ? "orchestrator.workflow.stopAfterRun is true" : nil
  }

  /// The options with which a process in the background executes the same plan, or continues a run.
  func detached(plan: String?, jobs: Int) -> [String] {
    var arguments = plan.map { ["--config", $0] } ?? []
    arguments += ["--jobs", "\(jobs)"]
    if let agent { arguments += ["--agent", agent] }
    if let candidates { arguments += ["--candidates", "\(candidates)"] }
    if let tasks { arguments += ["--tasks", tasks] }
    if noPush { arguments.append("--no-push") }
    if noPr { arguments.append("--no-pr") }
    if withReview { arguments.append("--with-review") }
    if land { arguments.append("--land") }
    if updateCheckout { arguments.append("--update-checkout") }
    if let fix { arguments.append("--fix=\(fix)") }
    if keepWorktrees { arguments.append("--keep-worktrees") }
    return arguments
  }

  /// Those of them that a run may be continued with: its tasks and where they go are settled.
  func continuing(jobs: Int) -> [String] {
    var arguments = ["--jobs", "\(jobs)"]
    if let agent { arguments += ["--agent", agent] }
    if withReview { arguments.append("--with-review") }
    if keepWorktrees { arguments.append("--keep-worktrees") }
    return arguments
  }

  /// The ids that `--tasks` names; empty when it was not given.
  var selected: [String] {
    // No id holds a blank, so blanks around the commas, or instead of them, mean nothing.
    (tasks ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
  }
}
