import Basics
import Engine
import Forges
import Git
package import HTTP
import Plans
import Settings
package import SystemPackage

/// What all checks look at: the repository and its settings as far as they can be read.
package struct DoctorContext: Sendable {
  package let directory: FilePath
  package let environment: [String: String]
  /// The program that runs, next to whose folder its manual and completions may lie; nil when it is not known.
  let executable: FilePath?
  /// The repository with its settings, or those that stand in for settings that cannot be read.
  let place: RepositoryContext?
  /// Why there is no repository; nil when there is one.
  let repositoryFault: GitError?
  let settings: Settings
  let settingsFault: SettingsError?
  /// The plan at its usual place; nil when there is none, or none that can be read.
  let plan: TaskPlan?
  let send: HTTPSend
  /// The MCP servers to be checked instead of those that are enabled; nil for those.
  let namedMCPs: [String]?

  /// Looks where the command was called; nothing in here waits for another host.
  package static func look(
    from directory: FilePath, environment: [String: String], executable: FilePath?, namedMCPs: [String]?,
    send: @escaping HTTPSend
  ) async -> DoctorContext {
    var shape: RepositoryContext.Shape?
    var repositoryFault: GitError?
    do throws(GitError) {
      shape = try await RepositoryContext.Shape.find(from: directory, environment: environment)
    } catch {
      repositoryFault = error
    }
    let (settings, settingsFault) = await readSettings(
      in: shape?.checkout ?? shape?.commonDirectory ?? directory, environment, checkout: shape?.checkout,
      root: shape?.root ?? directory)
    let place = shape.map {
      RepositoryContext($0, directory: directory, environment: environment, settings: settings)
    }
    let plan = await offPool { try? place.map { try TaskPlan.read($0.defaultPlan, displayName: "task_config.yaml") } }
    return DoctorContext(
      directory: directory, environment: environment, executable: executable, place: place,
      repositoryFault: repositoryFault, settings: settings, settingsFault: settingsFault, plan: plan, send: send,
      namedMCPs: namedMCPs)
  }

  private static func readSettings(
    in folder: FilePath, _ environment: [String: String], checkout: FilePath?, root: FilePath
  ) async -> (Settings, SettingsError?) {
    do throws(SettingsError) {
      return (
        try await Settings.load(directory: folder, environment: environment, checkout: checkout, root: root), nil
      )
    } catch {
      return (Settings.builtIn(environment: environment), error)
    }
  }

  /// Whether a run of these settings opens pull requests, where there is a forge.
  var opensPullRequests: Bool { settings[.workflowAutoPr] && !settings[.workflowStopAfterRun] }

  /// Runs git where the command was called, in the repository or not.
  var git: GitCommand { place?.git ?? GitCommand(directory: directory, environment: environment) }
}

extension Settings {
  /// All settings as they are when nobody sets them.
  static func builtIn(environment: [String: String]) -> Settings {
    do {
      return try Settings(listing: ConfigListing(), home: environment["HOME"].map { FilePath($0) })
    } catch {
      // Only values that somebody wrote can be wrong.
      preconditionFailure("\(error)")
    }
  }
}
