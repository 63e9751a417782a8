import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

// What the forge asks its bare repository, through the git program.
extension FakeForge {
  /// Runs git in the bare repository; its output without the white space at its end, nil when it exits with another status than 0.
  func git(_ arguments: String..., input: String = "", author: String = "Forge") async throws -> String? {
    try await git(arguments, input: input, author: author)
  }

  func git(_ arguments: [String], input: String = "", author: String = "Forge") async throws -> String? {
    let environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "/nonexistent",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C",
      "GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": "\(author)@users.example.com",
      "GIT_COMMITTER_NAME": "Forge", "GIT_COMMITTER_EMAIL": "noreply@forge.example.com",
    ]
    do {
      let output = try await GitProgram.run(
        ["--git-dir", repository.string] + arguments, environment: environment, input: input)
      try Task.checkCancellation()
      return output
    } catch is GitFailure {
      try Task.checkCancellation()
      return nil
    }
  }

  /// The commit that a branch is at.
  func commit(ofBranch branch: String) async throws -> String? {
    try await git("rev-parse", "--verify", "--quiet", "refs/heads/\(branch)^{commit}")
  }

  /// The commits that `head` has and `base` lacks.
  func hasCommits(_ head: String, beyond base: String) async throws -> Bool {
    try await git("rev-list", "--count", "\(base)..\(head)").map { $0 != "0" } ?? false
  }

  /// The tree of a merge, nil when there are conflicts.
  func mergedTree(_ base: String, _ head: String) async throws -> String? {
    try await git("merge-tree", "--write-tree", "--no-messages", base, head)
  }

  func defaultBranch() async throws -> String {
    try await git("symbolic-ref", "--short", "HEAD") ?? "main"
  }

  /// Lets `refs/pull/N/head` follow the branch.
  func follow(_ pull: PullRequest) async throws {
    if pull.fork == nil {
      _ = try await git("symbolic-ref", "refs/pull/\(pull.number)/head", "refs/heads/\(pull.branch)")
    }
  }

  /// Keeps `refs/pull/N/head` where it is, whatever becomes of the branch.
  func pin(_ pull: PullRequest, at commit: String) async throws {
    let reference = "refs/pull/\(pull.number)/head"
    _ = try await git("symbolic-ref", "--delete", "--quiet", reference)
    _ = try await git("update-ref", "--no-deref", reference, commit)
  }

  /// The head as it is now; nil when the branch is gone.
  func liveHead(of pull: PullRequest) async throws -> String? {
    guard pull.state == .open else { return pull.headCommit }
    guard let fork = pull.fork else { return try await commit(ofBranch: pull.branch) }
    let reference = "refs/pull/\(pull.number)/head"
    guard
      try await git(
        "fetch", "--quiet", "--no-tags", fork.repository.string, "+refs/heads/\(pull.branch):\(reference)") != nil
    else { return nil }
    return try await git("rev-parse", "--verify", "--quiet", reference)
  }

  /// The pull request's change, from where it left its base.
  func changedFiles(of pull: PullRequest) async throws -> [ChangedFile] {
    guard let base = try await commit(ofBranch: pull.base),
      let start = try await git("merge-base", base, pull.headCommit),
      let names = try await git("diff", "--name-status", "--no-renames", "-z", start, pull.headCommit)
    else { return [] }
    let fields = names.split(separator: "\0").map(String.init)
    var files: [ChangedFile] = []
    for index in stride(from: 0, to: fields.count - 1, by: 2) {
      let patch =
        try await git(
          "diff", "--no-color", "--no-ext-diff", "--no-renames", "-U3", start, pull.headCommit, "--",
          ":(literal,top)\(fields[index + 1])") ?? ""
      let status = ["A": "added", "D": "removed"][fields[index]] ?? "modified"
      let hunks = patch.firstRange(of: "\n@@").map { String(patch[$0.lowerBound...].dropFirst()) } ?? ""
      files.append(ChangedFile(path: fields[index + 1], status: status, patch: hunks))
    }
    return files
  }
}
