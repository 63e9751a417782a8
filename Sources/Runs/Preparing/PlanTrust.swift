import Basics
package import Engine
import Git
import Journal
package import Plans
import Processes
package import Settings
package import SystemPackage

/// What of a plan must be trusted before it is executed.
///
/// Of all that a plan says, only a task's `test_command` can run code: it becomes a command that the agent may run
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
    let known = Set(await generatedCommands(in: place) + [place.settings[.projectTestCommand]].compactMap(\.self))
    let values = plan.tasks.compactMap { task in
      task.testCommand.flatMap { command in
        known.contains(command)
          ? nil : UntrustedValue(name: "test_command of \(task.id)", values: [command], place: name)
      }
    }
    guard !values.isEmpty, try await isTracked(path, in: place) else { return [] }
    let isTrusted = place.settings[.trust].contains(Trust.record(for: values, source: .plan))
    return isTrusted ? [] : values
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
