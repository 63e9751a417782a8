package import ArgumentParser
import Basics
package import CommandSupport

/// `git orch run`: execute a plan, or make one from a to-do list.
package struct RunCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "run", abstract: "Turn a to-do list into a plan, or execute the plan",
    usage: "git orch run [<options>] [<todo> | <run>]")

  @OptionGroup var planning: PlanningOptions
  @OptionGroup var options: RunOptions

  @Flag(name: [.short, .long], help: "Execute the plan right after making it")
  var execute = false

  /// In pairs, here and below, since the short help is to fit on a screen.
  enum Bold: String, FlagChoice { case yolo, takeOver }

  @Flag(help: "Plan and execute without asking; take over a run")
  var bold: [Bold] = []

  private var yolo: Bool { bold.contains(.yolo) }
  private var takesOver: Bool { bold.contains(.takeOver) }

  @Flag(name: [.customShort("y"), .long], help: "Execute the plan without asking")
  var autoApprove = false

  enum Earlier: String, FlagChoice { case `continue`, abort }

  @Flag(help: "Continue a run that is not done; end it for good")
  var earlier: [Earlier] = []

  private var continues: Bool { earlier.contains(.continue) }
  private var abort: Bool { earlier.contains(.abort) }

  package init() {}

  package func validate() throws {
    if abort {
      let others =
        continues || takesOver || options.config != nil || options.tasks != nil || options.dryRun || options.json
        || options.candidates != nil
      if others || options.detach || planning.fromTodo != nil || execute || yolo || autoApprove {
        throw ValidationError("--abort can only be combined with a run's id")
      }
    }
    if continues {
      let others = planning.fromTodo != nil || options.tasks != nil || options.candidates != nil
      if others || options.noPr || options.noPush || options.land || execute || yolo || autoApprove {
        throw ValidationError(
          "--continue finishes a run: it can only be combined with --config, --detach, --dry-run, --jobs, --json, "
            + "--keep-worktrees, --sequential, --take-over and --with-review")
      }
    } else if takesOver {
      throw ValidationError("--take-over requires --continue")
    }
    if planning.path == nil {
      if planning.force { throw ValidationError("--force requires a to-do list: it replaces an edited plan") }
      if planning.source != nil { throw ValidationError("--source requires a to-do list") }
    }
  }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    if abort { return try await RunAborting(run: planning.todo, context: context).perform() }
    if continues {
      return try await PlanAndRun.continuing(
        planning.todo, takesOver: takesOver, options: options, context: context)
    }
    let approval: PlanAndRun.Approval = yolo || autoApprove || execute ? .given : .bySettings
    return try await PlanAndRun(planning: planning, options: options, approval: approval, context: context).perform()
  }
}

/// `git orch yolo`: `git orch run TODO --yolo`.
package struct YoloCommand: OrchCommand {
  package static let configuration = CommandConfiguration(
    orch: "yolo", abstract: "Plan a to-do list and execute the plan without asking",
    usage: "git orch yolo [<options>] <todo>")

  @OptionGroup var planning: PlanningOptions
  @OptionGroup var options: RunOptions

  package init() {}

  package func validate() throws { try planning.requireTodo() }

  package mutating func execute(in context: CommandContext) async throws -> ExitStatus {
    try await PlanAndRun(planning: planning, options: options, approval: .given, context: context).perform()
  }
}
