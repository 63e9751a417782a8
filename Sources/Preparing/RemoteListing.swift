import Engine
import Git
import Preflight
import Remotes

/// What the remotes have just said of their branches, and how they are asked.
struct RemoteListing: Sendable {
  let remotes: WorkRemotes
  let place: RepositoryContext

  struct Found: Sendable {
    /// The base and the destination, where they are fetched from.
    var base: [String: ObjectID] = [:]
    /// The tasks' branches and those that are in their way, where they are pushed to.
    var push: [String: ObjectID] = [:]
    /// Whether the remote of the base has answered.
    var isKnown = false
  }

  /// Asks for the branches, and fetches the base when it has moved.
  /// - Parameter required: whether the run is of no use without an answer.
  func look(
    base: String, destination: String, tasks: [String], required: Bool, notes: inout [String]
  ) async throws -> Found {
    let git = place.git
    let folders = Set(tasks.flatMap { BranchNames.folders(of: $0) })
    let names = tasks + folders.filter { !tasks.contains($0) }
    var found = Found()
    let isOne = remotes.push?.name == remotes.base?.name && remotes.push?.separatePushURL == nil
    if let remote = remotes.base?.name {
      let answer = try await translating(remote, required: required, &notes) {
        let theirs = try await git.remoteBranches(
          remote: remote, named: [base, destination] + (isOne ? names : []), below: isOne ? tasks : [])
        if let tip = theirs[base], try await place.inRepository({ try $0.remoteBranch(base, of: remote) }) != tip {
          try await git.fetch(remote: remote, branch: base)
        }
        return theirs
      }
      found.isKnown = answer != nil
      found.base = answer ?? [:]
      if isOne { found.push = found.base }
    }
    if !isOne, let push = remotes.push {
      found.push =
        try await translating(push.name, required: required, &notes) {
          try await git.remoteBranches(
            remote: push.name, named: names, below: tasks, pushURL: push.separatePushURL)
        } ?? [:]
    }
    return found
  }

  /// The branch that is the default of the base's remote now, where that is another than is known here.
  func renamedDefault(_ known: String) async -> String? {
    guard let remote = remotes.base?.name, let now = try? await place.git.remoteDefault(of: remote), now != known,
      (try? await place.inRepository { try $0.defaultBranch(of: remote) }) == known
    else { return nil }
    return now
  }

  /// Throws where the base is the default branch only as far as is known here, and the remote has renamed it.
  func refuseRenamedDefault(_ branch: String) async throws {
    guard let remote = remotes.base?.name, let now = await renamedDefault(branch) else { return }
    throw BranchNames.renamedDefault(of: remote, from: branch, to: now)
  }

  private func translating(
    _ remote: String, required: Bool, _ notes: inout [String],
    _ body: () async throws -> [String: ObjectID]
  ) async throws -> [String: ObjectID]? {
    do {
      return try await body()
    } catch {
      if (error as? GitError)?.code == .cancelled { throw CancellationError() }
      guard required else {
        notes.append("cannot reach '\(remote)', using what was fetched before: \(error)")
        return nil
      }
      throw Preflight.unreachable(remote, error)
    }
  }
}
