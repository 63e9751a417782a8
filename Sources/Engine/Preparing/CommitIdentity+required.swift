import Git
package import Guarding
import Processes
package import Settings
package import SystemPackage

extension CommitIdentity {
  /// As whom agents commit in a folder. What was said for this one command line (`git -c user.name=…`) does not reach
  /// them.
  /// - Throws: `RunError`, or `GitError` when git cannot be asked.
  package static func required(
    in directory: FilePath, environment: [String: String], listing: ConfigListing
  ) async throws -> CommitIdentity {
    let environment = GitVariables.droppingCommandLineValues(environment)
    let git = GitCommand(directory: directory, environment: environment)
    @Sendable func person(_ role: String) async throws -> Person {
      let plain = Self.plain(role, environment: environment) { listing.ofFiles($0) }
      if let plain { return plain }
      let answer = try await git.run(.reading, ["var", "GIT_\(role.uppercased())_IDENT"])
      if answer.isSuccess, let person = Person(ident: answer.text) { return person }
      throw RunError(
        .noIdentity, "git does not know who the \(role) of the agents' commits is",
        hints: ["git config --global user.name NAME", "git config --global user.email ADDRESS"])
    }
    async let author = person("author")
    async let committer = person("committer")
    return try await CommitIdentity(author: author, committer: committer)
  }
}

extension ConfigListing {
  /// A value of git's own files.
  fileprivate func ofFiles(_ key: String) -> String? {
    let scopes: Set<ConfigScope> = [.system, .global, .local, .worktree]
    return entries.last { $0.key == key && scopes.contains($0.scope) }?.value
  }
}
