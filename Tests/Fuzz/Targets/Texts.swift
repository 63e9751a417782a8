import Basics
import Plans
import Settings
import SystemPackage
import TodoLists

extension FuzzTarget {
  static let plan = FuzzTarget(name: "plan", seeds: { _ in Seeds.plans }) { input, _ in
    // As files are read: what is not UTF-8 does not come this far.
    let text = String(decoding: input, as: UTF8.self)
    do {
      try check(try TaskPlan(yaml: text, file: "task_config.yaml"))
    } catch let error as PlanError {
      try checkShown(text: error.description, "a fault of a plan")
    }
  }

  /// A plan is the same once it was written and read.
  private static func check(_ plan: TaskPlan) throws {
    let written = plan.yaml()
    let copy: TaskPlan
    do {
      copy = try TaskPlan(yaml: written, file: "copy")
    } catch {
      throw Violation("a plan that was written cannot be read: \(sanitized("\(error)", limit: 400))")
    }
    guard copy == plan else { throw Violation("a plan is another one once it was written and read") }
    guard plan.tasksInOrder.count == plan.tasks.count else { throw Violation("the order of a plan lacks tasks") }
    _ = try plan.selecting(plan.tasks.prefix(1).map(\.id))
  }

  static let todo = FuzzTarget(name: "todo", seeds: { _ in Seeds.todos }) { input, _ in
    let list = TodoList(markdown: String(decoding: input, as: UTF8.self))
    let planner = MarkdownPlanner(list, trackedFiles: ["src/login.py", "tests/login_test.py"])
    try checkShown(planner.notes.map(\.message), "a note on a to-do list")
    if let summary = TodoNote.summary(of: planner.notes) { try checkShown([summary], "a summary of a to-do list") }
    do {
      try check(try TaskPlan(tasks: planner.tasks))
    } catch let error as PlanError {
      // No tasks, or needs that form a circle.
      try checkShown(text: error.description, "a fault of a to-do list")
    }
  }

  static let teamFile = FuzzTarget(name: "team-file", seeds: { _ in Seeds.teamFiles }) { input, _ in
    do {
      let file = try SettingsFile(
        yaml: String(decoding: input, as: UTF8.self), scope: .team, name: ".claude-orchestrator.yaml")
      try checkShown(file.warnings, "a warning about a team's file")
      try check(ConfigListing(file.entries))
    } catch let error as SettingsError {
      try checkShown(text: error.description, "a fault of a team's file")
    }
  }

  static let gitListing = FuzzTarget(name: "git-listing", seeds: { _ in Seeds.listings }) { input, _ in
    do {
      try check(try ConfigListing(parsing: input))
    } catch let error as SettingsError {
      try checkShown(text: error.description, "a fault of the settings")
    }
  }

  private static func check(_ listing: ConfigListing) throws {
    let inventory = SettingInventory(listing: listing)
    try checkShown(inventory.faults.map(\.description), "a fault of a setting")
    try checkShown(inventory.warnings, "a warning about a setting")
    do {
      let settings = try Settings(listing: listing, home: "/home/user")
      try checkShown(settings.warnings, "a warning about a setting")
      guard settings[.agentMaxRetries] >= 0, settings[.agentInactivityTimeout] >= .zero,
        settings[.agentMaxRuntime] >= .zero, settings[.agentRetryDelay] >= .zero
      else { throw Violation("a setting is below zero") }
      _ = settings.addedDirectories(repositoryRoot: "/repo/app")
      _ = settings.worktreeDirectory(repositoryRoot: "/repo/app", name: "app")
    } catch let error as SettingsError {
      try checkShown(text: error.description, "a fault of the settings")
    }
  }
}
