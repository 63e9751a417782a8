import Basics
package import Git
import Processes

extension GitCommand {
  /// Fetches one branch of a remote into `refs/remotes/<remote>/<branch>`, and nothing else: no tags, no other branch,
  /// no submodules, no deeper history than a shallow clone asks for. What `remote.<name>.fetch` says is set aside, for
  /// a mirror's would overwrite local branches.
  /// - Throws: `.notFound` when the remote has no such branch; `.commandFailed` with git's words for all else.
  package func fetch(remote: String, branch: String, timeout: Duration? = .seconds(600)) async throws(GitError) {
    let pinned = try await pinnedRemote(remote)
    let output = try await run(
      .fetching,
      [
        "fetch", "--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--refmap=", "--", pinned.name,
        "+refs/heads/\(branch):refs/remotes/\(remote)/\(branch)",
      ], timeout: timeout, configuration: pinned.configuration)
    if output.isSuccess { return }
    if output.standardError.contains("couldn't find remote ref") {
      throw GitError(.notFound, "the remote '\(remote)' has no branch '\(branch)'")
    }
    throw GitError(output)
  }

  /// Fetches what a reference of the remote (`refs/heads/x`, `refs/pull/7/head`) leads to into the reference `ours`,
  /// whatever that was before, and nothing else.
  /// - Parameter url: as somebody would write it, the place of another repository, to which the remote leads otherwise.
  /// - Throws: `.invalidName` for what is no full name; `.notFound` when the remote does not have it; `.commandFailed`
  ///   with git's words for all else.
  package func fetch(
    remote: String, reference: String, into ours: String, url: String? = nil, timeout: Duration? = .seconds(600)
  ) async throws(GitError) {
    // A name that others chose must not become a pattern, a negation or a second refspec.
    guard reference.hasPrefix("refs/"), BranchName.isValid(String(reference.dropFirst("refs/".count))) else {
      throw GitError(.invalidName, "'\(reference)' is not the full name of a reference")
    }
    let pinned =
      if let url { placedRemote(remote, at: url) } else { try await pinnedRemote(remote) }
    let output = try await run(
      .fetching,
      [
        "fetch", "--quiet", "--no-tags", "--no-prune", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=",
        "--", pinned.name, "+\(reference):\(ours)",
      ], timeout: timeout, configuration: pinned.configuration)
    if output.isSuccess { return }
    if output.standardError.contains("couldn't find remote ref") {
      throw GitError(.notFound, "the remote '\(remote)' has no '\(reference)'")
    }
    throw GitError(output)
  }

  /// Fetches all references of the remote below `folder` into `ours`, whatever that was before, and removes those there
  /// that the remote does not have any more. Both are full names that end with a slash.
  package func fetch(
    remote: String, folder: String, into ours: String, timeout: Duration? = .seconds(600)
  ) async throws(GitError) {
    let pinned = try await pinnedRemote(remote)
    try await require(
      .fetching,
      [
        "fetch", "--quiet", "--no-tags", "--prune", "--no-recurse-submodules", "--no-write-fetch-head", "--refmap=",
        "--", pinned.name, "+\(folder)*:\(ours)*",
      ], timeout: timeout, configuration: pinned.configuration)
  }

  /// Where a branch is on the remote at this moment; `nil` when it has none by this name. Asks the remote.
  /// - Parameter pushURL: as in ``remoteBranches(remote:named:pushURL:timeout:)``.
  package func remoteTip(
    remote: String, branch: String, pushURL: String? = nil, timeout: Duration? = .seconds(120)
  ) async throws(GitError) -> ObjectID? {
    let name = "refs/heads/\(branch)"
    let pinned = try await askedRemote(remote, pushURL: pushURL)
    let output = try await require(
      .fetching, ["ls-remote", "--quiet", "--", pinned.name, name], timeout: timeout,
      configuration: pinned.configuration)
    // The pattern also fits refs that merely end so.
    for line in output.text.split(separator: "\n") {
      let parts = line.split(separator: "\t")
      if parts.count == 2, parts[1] == name { return ObjectID(String(parts[0])) }
    }
    return nil
  }
}
