import Basics
import Platform
package import Processes
package import SystemPackage

/// One short, local git command for the synchronous `Repository`, on the thread that asks; `GitCommand` is the way for
/// everything else.
package enum BlockingCommand {
  /// Runs `git -C directory arguments…` to its end. A status other than 0 is a result, not an error.
  package static func run(
    _ purpose: GitPurpose, _ arguments: [String], in directory: FilePath, environment: [String: String],
    configuration: [FrozenConfiguration.Entry] = []
  ) throws(GitError) -> GitOutput {
    guard let program = ExecutableSearch(environment).locate("git") else { throw GitEnvironment.gitMissing }
    let invocation = Invocation.git(
      program, for: purpose, arguments, in: directory, environment: environment, configuration: configuration)
    let output: ProcessOutput
    KillPoint.before(git: arguments)
    do throws(ProcessFailure) {
      output = try invocation.runBlocking()
    } catch {
      throw GitError(error, of: "git", at: program)
    }
    KillPoint.after(git: arguments)
    return try GitOutput(answer: output, of: "git", in: directory)
  }
}
