import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// What an agent sees, and runs in which all goes well.
extension OrchWorld {
  /// A script in which the task `a` keeps what a command prints as `seen.txt`.
  static func seeing(_ command: String) -> String {
    #"{"a": [[{"run": "(\#(command)) > seen.txt"}, {"commit": "feat: a"}]]}"#
  }

  /// What `a` saw, as its branch has it.
  func seen() async throws -> String { try await repository.git("show", "feature/a:seen.txt") }

  /// Runs the plan and expects every task to succeed, and no process to be left.
  func expectSuccess(
    in directory: FilePath? = nil, git: [String] = [], arguments: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result =
      git.isEmpty
      ? try await orch(["run"] + arguments, in: directory)
      : try await run("git", git + ["orch", "run"] + arguments, in: directory)
    #expect(result.status == 0, "\(result.errors)\(result.output)", sourceLocation: sourceLocation)
    #expect(try survivors().isEmpty, sourceLocation: sourceLocation)
  }

  /// Whether nothing is in a folder, or there is none.
  func isVacant(_ folder: FilePath) -> Bool {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.string).isEmpty) ?? true
  }
}
