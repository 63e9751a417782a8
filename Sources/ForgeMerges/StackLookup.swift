import Basics
package import Engine
package import Forges
package import Git
import Processes
import Remotes

/// Looks where the work of pull requests belongs that build on each other; changes nothing.
package struct StackLookup: Sendable {
  let place: RepositoryContext
  let forge: any Forge
  let rules: MergeRulesBook
  let remote: String
  let destination: String

  package init(
    place: RepositoryContext, forge: any Forge, rules: MergeRulesBook, remote: String, destination: String
  ) {
    self.place = place
    self.forge = forge
    self.rules = rules
    self.remote = remote
    self.destination = destination
  }

  package enum Destination: Sendable, Equatable {
    case branch(String)
    /// Why it cannot be merged, as a clause.
    case refused(String)
  }

  /// Where the work of pull request `number` against `first` belongs: there, unless that is the branch of another pull
  /// request. Once that one is merged nobody looks at its branch again, and what is merged into it would be lost.
  package func destination(of number: Int, from first: String) async throws -> Destination {
    var base = first
    var seen: Set<String> = []
    while base != destination, seen.insert(base).inserted {
      let found = try await forge.pullRequests(from: base).filter { $0.number != number && !$0.isFromFork }
      if let open = found.first(where: { $0.state == .open }) {
        return .refused("it builds on #\(open.number), which is not merged")
      }
      guard let last = found.first, try await !isLasting(base, found) else { break }
      guard last.state == .merged else {
        return .refused("it builds on #\(last.number), which was closed without a merge")
      }
      if let tip = try await tip(of: base), !last.isAt(tip.description) {
        return .refused("it builds on #\(last.number), which is merged, and whose branch '\(base)' has moved since")
      }
      base = last.base
    }
    return .branch(base)
  }

  /// Whether the branch is one that is there to stay, whose own pull requests are releases.
  func isLasting(_ branch: String, _ pullRequests: [PullRequest]) async throws -> Bool {
    if pullRequests.filter({ $0.state == .merged }).count > 1 { return true }
    let name = branch.lowercased()
    if Self.lastingNames.contains(name) { return true }
    if Self.lastingFolders.contains(where: { name.hasPrefix($0) }) { return true }
    return try await rules.rules(of: branch).isProtected
  }

  private static let lastingNames: Set = [
    "main", "master", "trunk", "develop", "development", "dev", "next", "staging", "stable", "production", "release",
    "integration", "nightly", "canary", "beta", "alpha",
  ]
  private static let lastingFolders = ["release/", "releases/", "release-", "stable/", "support/", "maint/"]

  /// Where the remote has the branch; nil where it is gone.
  package func tip(of branch: String) async throws -> ObjectID? {
    do {
      return try await place.git.remoteTip(remote: remote, branch: branch)
    } catch {
      if error.code == .cancelled { throw CancellationError() }
      throw ForgeError(.unreachable, "cannot ask '\(remote)' for '\(branch)': \(error)")
    }
  }
}
