package import Git
import Processes

extension GitCommand {
  /// Asks the remote, in one exchange, where its branches of those names are; the ones it does not have are missing.
  /// - Parameters:
  ///   - folders: Names of which all branches below are wanted, too.
  ///   - pushURL: Where the remote is pushed to, if that is another place than it is fetched from, and the one that is
  ///     asked: ``Remote/separatePushURL``.
  /// - Throws: `.commandFailed` when the remote cannot be reached, `.timedOut` when it does not answer.
  package func remoteBranches(
    remote: String, named branches: [String], below folders: [String] = [], pushURL: String? = nil,
    timeout: Duration? = .seconds(120)
  ) async throws(GitError) -> [String: ObjectID] {
    let names = Set(branches.map { "refs/heads/\($0)" })
    let prefixes = folders.map { "refs/heads/\($0)/" }
    let pinned = try await askedRemote(remote, pushURL: pushURL)
    let listing = try await require(
      .fetching, ["ls-remote", "--", pinned.name] + names.sorted() + prefixes.map { "\($0)*" }, timeout: timeout,
      configuration: pinned.configuration)
    var tips: [String: ObjectID] = [:]
    for line in listing.text.split(separator: "\n") {
      let fields = line.split(separator: "\t", maxSplits: 1)
      // ls-remote's patterns match the ends of names: refs/heads/x also finds refs/heads/refs/heads/x.
      guard fields.count == 2, let tip = ObjectID(String(fields[0])), case let name = String(fields[1]),
        names.contains(name) || prefixes.contains(where: name.hasPrefix)
      else { continue }
      tips[String(name.dropFirst("refs/heads/".count))] = tip
    }
    return tips
  }

  /// The branch that the remote's `HEAD` leads to at this moment; nil when it does not say.
  package func remoteDefault(of remote: String, timeout: Duration? = .seconds(120)) async throws(GitError) -> String? {
    let pinned = try await pinnedRemote(remote)
    let listing = try await require(
      .fetching, ["ls-remote", "--symref", "--", pinned.name, "HEAD"], timeout: timeout,
      configuration: pinned.configuration)
    for line in listing.text.split(separator: "\n") {
      let fields = line.split(separator: "\t")
      if fields.count == 2, fields[1] == "HEAD", fields[0].hasPrefix("ref: refs/heads/") {
        return String(fields[0].dropFirst("ref: refs/heads/".count))
      }
    }
    return nil
  }
}
