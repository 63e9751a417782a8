import Agents
import Basics
import Git
import Processes
import Settings
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A job on a host that shares no files with us, as files of its folder here:
///
/// | file | says |
/// |---|---|
/// | `travel.json` | what is to travel, and where it belongs here |
/// | `departed.json` | the host, and what was sent, written before it is |
/// | `applying` | all is here, and is being brought into the worktree |
/// | `result` | what the host's systemd says of its end |
/// | `silent` | why the job is over, as it has not said so itself |
/// | `unready` | why the worktree there could not be set up for a program |
/// | `trouble` | why what was done there did not come into the worktree, and where it is |
/// | `removed` | nothing of the job is left on the host |
///
/// `claim`, `started` and `exit` are brought home, the last of them when all else is.
struct FarJob: Sendable {
  let folder: JobFolder

  var travelFile: FilePath { folder.path.appending("travel.json") }
  var departedFile: FilePath { folder.path.appending("departed.json") }
  var applying: FilePath { folder.path.appending("applying") }
  var trouble: FilePath { folder.path.appending("trouble") }
  var result: FilePath { folder.path.appending("result") }
  var silent: FilePath { folder.path.appending("silent") }
  var unready: FilePath { folder.path.appending("unready") }
  var removed: FilePath { folder.path.appending("removed") }
  var started: FilePath { folder.path.appending("started") }
  var exit: FilePath { folder.path.appending("exit") }

  var travel: Travel? { read(travelFile) }
  var departed: Departed? { read(departedFile) }

  private func read<Value: Decodable>(_ file: FilePath) -> Value? {
    guard let bytes = try? file.readBytes(limit: 1 << 20, .plainFile) else { return nil }
    return try? JSONDecoder().decode(Value.self, from: Data(bytes))
  }

  static func write(_ value: some Encodable, to file: FilePath) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try FileSystem.replace(file, with: [UInt8](try encoder.encode(value)))
  }

  /// What is to travel.
  struct Travel: Codable, Sendable {
    var key: String
    var mark: String
    var worktree: String
    var commonDirectory: String
    /// The task's.
    var branch: String
    var prompt: String
    var stream: String
    var errors: String
    /// Files that the agent's command line names, and what they are called there.
    var files: [String: String]
    /// Paths in texts for the agent, and what stands for them until the host is known; nil in what older versions wrote.
    var paths: [String: String]?
    var earlierHost: String?
    /// Whether it is a program of the project's, of which nothing comes home but what it prints and how it ends; nil in what
    /// older versions wrote, which sent none.
    var isProgram: Bool?

    /// `<run>/<task>/<attempt>`, or `<run>/<name>` of a program.
    var parts: (run: String, task: String, attempt: String) {
      let parts = key.split(separator: "/", maxSplits: 2).map(String.init)
      return parts.count == 3 ? (parts[0], parts[1], parts[2]) : (parts[0], parts.last ?? "task", "program")
    }

    /// The job's name there.
    var name: String { key.split(separator: "/").joined(separator: ".") }
    /// What keeps its objects here while it is away.
    var reference: String {
      let (run, task, attempt) = parts
      return "refs/orchestrator/away/\(run)/\(task)/\(attempt)"
    }
  }

  /// Where it is, and what was sent.
  struct Departed: Codable, Sendable {
    var host: String
    /// By whose manner it is started there; nil in what older versions wrote.
    var launcher: String?
    /// The repository's folder there.
    var base: String
    /// The folder around the worktree there, and the worktree's name in it.
    var work: String
    var name: String
    /// The full name of the branch that was checked out, or a commit.
    var head: String
    var commit: String
    /// Of the task's branch.
    var tip: String
    /// The commit that has the working tree.
    var sent: String
    /// The trees of the working tree and of the index.
    var tree: String
    var staged: String

    func job(_ travel: Travel) -> String { "\(base)/jobs/\(travel.name)" }
  }
}
