import Basics
import Processes
package import SystemPackage

extension Repository {
  /// The folder of the main checkout's hooks, absolute; nil for a stranger's tree, for which none run.
  ///
  /// A relative `core.hooksPath` is meant from the top of the working tree, where agents could write the hooks that git
  /// runs next: those of the main checkout are the user's, in a run as they were when it began.
  package func hooks() throws(GitError) -> FilePath? {
    if let known = try Self.guardedHooks() { return known.folder }
    guard let path = try configurationValue("core.hooksPath"), !path.isEmpty else {
      return commonDirectory.appending("hooks")
    }
    return (mainWorkingDirectory ?? workingDirectory ?? gitDirectory).pushing(expandingHome(path))
  }

  /// The folder that the guard gives, for which no repository need be opened; nil where it gives none.
  private static func guardedHooks() throws(GitError) -> (folder: FilePath?, Void)? {
    let guarding = GitGuard.current
    if guarding.isForeign { return (nil, ()) }
    if let folder = guarding.hookFolder {
      do {
        return (try folder.asItWas(), ())
      } catch {
        throw GitError(errno: error, "cannot copy the hooks as they were when the run began")
      }
    }
    return guarding.hooks.map { ($0, ()) }
  }

  /// The same for the repository around a folder.
  package static func hooks(around directory: FilePath, environment: [String: String]) throws(GitError) -> FilePath? {
    if let known = try guardedHooks() { return known.folder }
    return try discover(from: directory, environment: environment).hooks()
  }
}
