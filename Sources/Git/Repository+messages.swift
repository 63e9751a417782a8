import CLibgit2

extension Repository {
  /// The whole messages of the commits that ``commits(from:excluding:limit:)`` lists, in the same order.
  package func messages(
    from tip: ObjectID, excluding: [ObjectID], limit: Int = .max
  ) throws(GitError) -> [String] {
    var messages: [String] = []
    for commit in try commits(from: tip, excluding: excluding, limit: limit) {
      let found = try lookUp(commit.id)
      messages.append(git_commit_message(found.pointer).map { String(cString: $0) } ?? "")
    }
    return messages
  }
}
