import Basics
package import Engine
import Git
import Journal
package import Plans
import Processes
package import Settings
package import SystemPackage
import TodoLists

/// What of a plan, or of the to-do list that it is made from, must be trusted before it is executed.
///
/// Of all that a plan or a to-do list says, only a task's `test_command` can run code: it becomes a command that the agent may run
/// unasked. `worktree_dir` is kept next to the repository, and `model` costs money, but can do nothing more.
package enum PlanTrust {
  /// The values that the user has not trusted yet; empty for a plan that did not come with the repository.
  ///
  /// A plan is the user's own when git does not track it: nothing that is fetched arrives so. A tracked one is somebody
  /// else's, but for commands that the last plan generated here has too, or the user's settings.
  /// - Parameter name: what messages call the plan.
  package static func pending(
    _ plan: TaskPlan, at path: FilePath, name: String, in place: RepositoryContext
  ) async throws -> [UntrustedValue] {
    let values = await pending(plan, ofOthers: name, in: place)
    guard !values.isEmpty, try await isTracked(path, in: place) else { return [] }
    return values
  }

  /// The same for a plan that is known to be somebody else's.
  package static func pending(
    _ plan: TaskPlan, ofOthers name: String, in place: RepositoryContext
  ) async -> [UntrustedValue] {
    let known = Set(await generatedCommands(in: place) + [place.settings[.projectTestCommand]].compactMap(\.self))
    let values = plan.tasks.compactMap { task in
      task.testCommand.flatMap { command in
        known.contains(command)
          ? nil : UntrustedValue(name: "test_command of \(task.id)", values: [command], place: name)
      }
    }
    let isTrusted = values.isEmpty || place.settings[.trust].contains(Trust.record(for: values, source: .plan))
    return isTrusted ? [] : values
  }

  /// The commands of a to-do list's `test:` lines that the user has not trusted yet; empty for a list of the user's own,
  /// which git does not track. Asked before anything is planned: an agent that plans costs money, too.
  package static func pending(todo path: FilePath, name: String, in place: RepositoryContext) async throws
    -> [UntrustedValue]
  {
    try await pending(try await commands(ofTodo: path, name: name), named: "test", todo: path, name: name, in: place)
  }

  /// Those that a plan made of such a list has, and the list has not: a model wrote them, and the list may have said
  /// which.
  package static func pending(
    _ plan: TaskPlan, madeFrom path: FilePath, name: String, in place: RepositoryContext
  ) async throws -> [UntrustedValue] {
    let commands = Set(plan.tasks.compactMap(\.testCommand)).subtracting(try await commands(ofTodo: path, name: name))
    return try await pending(commands, named: "test_command", todo: path, name: name, in: place)
  }

  private static func pending(
    _ commands: Set<String>, named value: String, todo path: FilePath, name: String, in place: RepositoryContext
  ) async throws -> [UntrustedValue] {
    let unknown = commands.filter { $0 != place.settings[.projectTestCommand] }.sorted()
    guard !unknown.isEmpty, try await isTracked(path, in: place) else { return [] }
    let values = [UntrustedValue(name: value, values: unknown, place: name)]
    return place.settings[.trust].contains(Trust.record(for: values, source: .todo)) ? [] : values
  }

  private static func commands(ofTodo path: FilePath, name: String) async throws -> Set<String> {
    let list = try await offPool { try TodoList.read(path, displayName: name).list }
    return Set(list.items.compactMap { DetailFacts($0).testCommand })
  }

  private static func generatedCommands(in place: RepositoryContext) async -> [String] {
    let file = place.store.generatedPlan
    let plan = try? await offPool { try TaskPlan.read(file, displayName: "generated-plan.yaml") }
    return plan?.tasks.compactMap(\.testCommand) ?? []
  }

  /// Asked where the file lies, which may be another repository.
  private static func isTracked(_ path: FilePath, in place: RepositoryContext) async throws -> Bool {
    guard let name = path.lastComponent?.string else { return false }
    let git = GitCommand(directory: path.removingLastComponent(), environment: place.environment)
    return try await git.run(.reading, ["ls-files", "--error-unmatch", "--", ":(literal)\(name)"]).isSuccess
  }
}
