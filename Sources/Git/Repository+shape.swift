import Basics
import Processes
import SystemPackage

/// What is unlike other repositories about one.
package struct RepositoryShape: Sendable, Equatable {
  package var isBare = false
  package var isLinkedWorktree = false
  package var isShallow = false
  package var isPartialClone = false
  package var isSparse = false
  package var hasSubmodules = false
  /// Files are kept by `git-lfs`, as the attributes in the index (of a bare repository, in `HEAD`) say.
  package var usesLFS = false
  /// Whether git refuses to check files out without `git-lfs`, as it does after `git lfs install`.
  package var requiresLFS = false
}

extension Repository {
  /// Looks at configuration and attributes; changes nothing and asks no remote.
  package func shape() throws(GitError) -> RepositoryShape {
    var shape = RepositoryShape(isBare: isBare, isLinkedWorktree: isLinkedWorktree, isShallow: isShallow)
    shape.isPartialClone = isPartialClone
    shape.isSparse = GitEnvironment.isTrue(try configurationValue("core.sparseCheckout"))
    shape.hasSubmodules = workingFolder.map { FileStatus("\($0)/.gitmodules") != nil } ?? false
    // git grep is the one who knows every place where attributes may stand; it finds none in an unborn HEAD.
    let attributes = [":(glob)**/.gitattributes"]
    let found = try runGit(
      .reading, ["grep", "--quiet", "-e", "filter=lfs"] + (isBare ? ["HEAD", "--"] : ["--cached", "--"]) + attributes)
    shape.usesLFS = found.isSuccess
    shape.requiresLFS = GitEnvironment.isTrue(try configurationValue("filter.lfs.required"))
    return shape
  }
}
