package import Processes

/// History where objects are missing on purpose. libgit2 takes the edge of a shallow clone for damage (before 1.7), and
/// does not fetch what a partial clone has left on the remote; git does both right.
extension Repository {
  package var isIncomplete: Bool { isShallow || hasCommandConfiguration || isPartialClone }

  package var isPartialClone: Bool {
    let entries = try? configurationEntries { key in
      key == "extensions.partialclone" || key.hasPrefix("remote.") && key.hasSuffix(".promisor")
    }
    return entries?.contains { GitEnvironment.isTrue($0.value) } ?? false
  }

  func commitsByGit(from tip: ObjectID, excluding: [ObjectID], limit: Int) throws(GitError) -> [Commit] {
    let output = try requireGit(
      .reading,
      ["log", "--date-order", "-z", "--format=%H %s", "--max-count=\(min(limit, Int(Int32.max)))", "\(tip)"]
        + excluding.map { "^\($0)" } + ["--"])
    return output.records.compactMap { record in
      ObjectID(String(record.prefix(40))).map { Commit(id: $0, summary: String(record.dropFirst(41))) }
    }
  }

  package func isAncestorByGit(_ ancestor: ObjectID, of descendant: ObjectID) throws(GitError) -> Bool {
    let output = try runGit(.reading, ["merge-base", "--is-ancestor", "\(ancestor)", "\(descendant)"])
    guard output.status <= 1 else { throw GitError(output) }
    return output.isSuccess
  }

  func isReachableByGit(_ tip: ObjectID, except names: Set<String>) throws(GitError) -> Bool {
    let output = try requireGit(.reading, ["for-each-ref", "--contains", "\(tip)", "--format=%(refname)"])
    return output.text.split(separator: "\n").contains { !names.contains(String($0)) }
  }

  enum MergedTree {
    case tree(ObjectID)
    case conflicts([String])
  }

  /// Merges two commits in git's database; needs git 2.38.
  func mergeTreesByGit(_ ours: ObjectID, _ theirs: ObjectID) throws(GitError) -> MergedTree {
    let output = try runGit(
      .recording, ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", "\(ours)", "\(theirs)"])
    guard output.status <= 1, let first = output.records.first, let tree = ObjectID(first) else {
      throw GitError(output)
    }
    return output.isSuccess ? .tree(tree) : .conflicts(Set(output.records.dropFirst()).sorted())
  }

  package func requireGit(_ purpose: GitPurpose, _ arguments: [String]) throws(GitError) -> GitOutput {
    let output = try runGit(purpose, arguments)
    guard output.isSuccess else { throw GitError(output) }
    return output
  }
}
