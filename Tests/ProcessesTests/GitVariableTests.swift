import Basics
import Foundation
import Processes
import Testing

@Suite(.timeLimit(.minutes(5))) struct GitVariableTests {
  /// Ours besides those that this git calls local: of other versions, of git's server commands, of one command line.
  private static let further: Set<String> = [
    "GIT_ATTR_SOURCE", "GIT_GLOB_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_LITERAL_PATHSPECS", "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS", "GIT_QUARANTINE_PATH", "GIT_REFERENCE_BACKEND",
  ]

  @Test func `the list is git's own`() async throws {
    let environment = ProcessInfo.processInfo.environment
    let git = try #require(ExecutableSearch(environment).locate("git"))
    let output = try await Invocation(
      executable: git, arguments: ["rev-parse", "--local-env-vars"], environment: environment
    ).run()
    let local = Set(String(decoding: output.standardOutput, as: UTF8.self).split(separator: "\n").map(String.init))
    #expect(local.contains("GIT_DIR"))
    #expect(local.filter { !GitVariables.carriesConfiguration($0) }.isSubset(of: GitVariables.ofRepository))
    // A git from another year may have dropped one that we still have.
    #expect(GitVariables.ofRepository.subtracting(local).subtracting(Self.further).count <= 2)
  }

  @Test func `values of the command line stay for ourselves and do not reach agents`() {
    let environment = [
      "GIT_DIR": "/r/.git", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c",
      "GIT_CONFIG_PARAMETERS": "'a.b'='c'", "GIT_CONFIG_GLOBAL": "/g", "GIT_AUTHOR_NAME": "A", "HOME": "/h",
    ]
    let kept = GitVariables.keepingCommandLineValues(environment)
    #expect(Set(environment.keys).subtracting(kept.keys) == ["GIT_DIR"])
    #expect(
      GitVariables.droppingCommandLineValues(environment)
        == ["GIT_CONFIG_GLOBAL": "/g", "GIT_AUTHOR_NAME": "A", "HOME": "/h"])
  }
}
