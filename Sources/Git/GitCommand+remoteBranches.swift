import Processes

extension GitCommand {
  /// Asks the remote, in one exchange, where its branches of those names are; the ones it does not have are missing.
  /// - Throws: `.commandFailed` when the remote cannot be reached, `.timedOut` when it does not answer.
  package func remoteBranches(
    remote: String, named branches: [String], timeout: Duration? = .seconds(120)
  ) async throws(GitError) -> [String: ObjectID] {
    let references = branches.map { "refs/heads/\($0)" }
    let pinned = try await pinnedRemote(remote)
    let listing = try await require(
      .fetching, ["ls-remote", "--", pinned.name] + references, timeout: timeout,
      configuration: pinned.configuration)
    var tips: [String: ObjectID] = [:]
    for line in listing.text.split(separator: "\n") {
      let fields = line.split(separator: "\t", maxSplits: 1)
      // ls-remote's patterns match the ends of names: refs/heads/x also finds refs/heads/refs/heads/x.
      guard fields.count == 2, references.contains(String(fields[1])), let tip = ObjectID(String(fields[0])) else {
        continue
      }
      tips[String(fields[1].dropFirst("refs/heads/".count))] = tip
    }
    return tips
  }
}
