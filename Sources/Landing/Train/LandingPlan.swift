import Basics
package import Engine
package import Git
import Guarding
package import Journal
import Processes
import Settings
package import SystemPackage
package import Trains

/// What is to land, looked at without changing anything but the base's remote-tracking branch.
package struct LandingPlan: Sendable {
  package internal(set) var request: LandingRequest
  package let base: BaseRecord
  package let baseCommit: ObjectID
  package let baseTree: ObjectID
  /// The remote whose branch is moved; nil for the local one.
  package let remote: String?
  package let testCommand: String?
  /// All that were named, in the order in which they were.
  package let tasks: [TaskHeader]
  package let tips: [String: ObjectID]
  /// The run whose tasks they are.
  package let run: String?
  /// The runs whose tasks they are, by their ids; without those that are nobody's.
  let runs: [String: String]
  /// Those that were given back to their agents in vain.
  let unfixed: Set<String>
  /// What the agents took to which branches were given back.
  let fixes: [String: FixRecord]
  /// In the order in which they are to land.
  package internal(set) var items: [TrainItem]
  /// Those that have landed, and by what that is known.
  package let landed: [String: Git.Landing]
  /// Those that are left out, and why.
  package internal(set) var leftOut: [String: LeftOut]
  package internal(set) var notes: [String]
  package let folder: FilePath
  package let setup: WorktreeSetup
  let committer: String
  /// Where the pull requests are that are merged; nil where the landing moves the base itself.
  package internal(set) var forge: ForgeSide?

  package struct LeftOut: Sendable, Equatable {
    package let status: TaskStatus
    package let reason: String
    package let advice: [String]
  }

  package func header(_ id: String, jobs: Int) -> RunHeader {
    RunHeader(
      version: request.version, id: id, process: JournalledRun.processRecord(), base: base, remote: remote,
      localReason: nil, forge: forge?.record, jobs: jobs, agent: "none",
      landing: LandingHeader(
        mode: request.mode.rawValue, testCommand: testCommand, remote: remote,
        updatesCheckout: request.updatesCheckout, tips: tips.mapValues(\.description), run: run,
        fixRounds: request.fixRounds > 0 ? request.fixRounds : nil),
      tasks: tasks)
  }

  /// What the result of tests depends on besides the tree.
  func circumstances(command: String, in place: RepositoryContext) async throws -> TestCache.Circumstances {
    let environment = EnvironmentPolicy.foreign(place.environment, home: "")
    var additions = [
      "set-up \(setup.command ?? "none")",
      "sandbox \(place.settings[.sandboxAgents]) \(place.settings[.sandboxNetwork])",
    ]
    // Other machines have other tools.
    let launcher = place.settings[.launcher]
    if launcher != .local {
      additions.append("launcher \(launcher.rawValue) \(launcher == .slurm ? place.settings[.slurmHost] ?? "" : "")")
    }
    if let source = setup.source, !setup.ignoredFiles.isEmpty {
      let files = setup.ignoredFiles.sorted()
      additions += await offPool {
        files.map { file in
          let path = source.appending(file)
          guard let bytes = try? path.readBytes(limit: 4 << 20, .regularOnly) else { return "\(file) unread" }
          return "\(file) \(SHA256.hex(bytes))"
        }
      }
    }
    return TestCache.Circumstances(command: command, environment: environment, additions: additions)
  }
}
