import CommandSupport
import LandingCommands
import ReportCommands
import SetupCommands
import UpkeepCommands
import WorkCommands

/// The commands of the suite, in the order of a user's work.
let builtins = [
  Builtin("init", InitCommand.self, summary: "Look at a repository and write the settings that fit it"),
  Builtin("run", RunCommand.self, summary: "Plan a to-do list, or execute its plan with agents in parallel"),
  Builtin("yolo", YoloCommand.self, summary: "Plan a to-do list and execute it without stopping in between"),
  Builtin("generate", GenerateCommand.self, summary: "Turn a to-do list into a plan, task_config.yaml"),
  Builtin("review", ReviewCommand.self, summary: "Review, test, fix and merge pull requests with agents"),
  Builtin("land", LandCommand.self, summary: "Bring branches home in an order that is tested"),
  Builtin("status", StatusCommand.self, summary: "Show what a run did or is doing"),
  Builtin("log", LogCommand.self, summary: "Show what the agent of a task said and did"),
  Builtin("report", ReportCommand.self, summary: "Write a run as a page to look at"),
  Builtin("stats", StatsCommand.self, summary: "Show what the runs of a repository took and cost"),
  Builtin("conflicts", ConflictsCommand.self, summary: "Show which branches conflict, before they are merged"),
  Builtin("restore", RestoreCommand.self, summary: "Put back work that was saved from a task's worktree"),
  Builtin("attach", AttachCommand.self, summary: "Open an agent's session in its own client"),
  Builtin("stop", StopCommand.self, summary: "Stop the run in progress, or some of its tasks"),
  Builtin("cleanup", CleanupCommand.self, summary: "Remove what runs left behind, as far as nothing is lost"),
  Builtin("undo", UndoCommand.self, summary: "Take a run back, and bring it back again"),
  Builtin("config", ConfigCommand.self, summary: "Get and set settings, and see where each comes from"),
  Builtin("doctor", DoctorCommand.self, summary: "Check everything a run needs, and say how to fix it"),
]

/// What only the program itself starts.
let hidden = [Builtin("acp-relay", RelayCommand.self, summary: "Lead a conversation with an agent")]

@main
struct Entrypoint {
  static func main() async {
    await Dispatcher(builtins, hidden: hidden).run(count: CommandLine.argc, arguments: CommandLine.unsafeArgv)
  }
}
