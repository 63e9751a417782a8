import Basics
package import Git
import Platform
import Processes
package import SystemPackage

/// What the commits of a task may not hold if they are to be pushed, as `orchestrator.guard.*` has it.
package struct PushRules: Sendable {
  package var secrets = true
  package var ignored = true
  package var submodules = true
  /// nil when commits by anybody are pushed.
  package var identity: CommitIdentity?
  /// Patterns of files in which secrets are none.
  package var allowed: [String] = []
  /// Paths that `worktree.copy` brings along.
  package var copied: Set<String> = []
  /// The ids that their contents would have in git, with their paths: a copied file is one under another name, too.
  package var copiedBlobs: [String: String] = [:]
  /// The branches of remotes as they were when the run began.
  package var remoteTips: [RemoteTip] = []
  /// Further commits that the remote has: the base of a pull request.
  package var knownCommits: [ObjectID] = []
  /// The repository, and the worktree that the user is in: for submodules that are not checked out in the task's.
  package var commonDirectory: FilePath?
  package var checkout: FilePath?

  package struct RemoteTip: Sendable {
    /// `refs/remotes/origin/main`
    package let name: String
    package let id: ObjectID
  }

  package init() {}

  package static func remoteTips(_ git: GitCommand) async throws -> [RemoteTip] {
    try await git.require(.reading, ["for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes"])
      .text.split(separator: "\n").compactMap { line in
        let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
        return parts.count == 2 ? ObjectID(parts[0]).map { RemoteTip(name: parts[1], id: $0) } : nil
      }
  }

  /// The ids of the files' contents, but for those that the repository has anyway: a `.env` that is the same as the
  /// committed `.env.example` holds nothing that is not for others.
  package static func blobs(of paths: [String], git: GitCommand) async throws -> [String: String] {
    // What cannot be read is not copied either.
    let folder = git.directory.string
    let paths = paths.filter { path in
      !path.contains("\n") && FileStatus("\(folder)/\(path)")?.isRegularFile ?? false
        && access("\(folder)/\(path)", R_OK) == 0
    }
    guard !paths.isEmpty else { return [:] }
    let input = Array(paths.joined(separator: "\n").utf8)
    let ids = try await git.require(.reading, ["hash-object", "--no-filters", "--stdin-paths"], input: input)
      .text.split(separator: "\n").map(String.init)
    guard ids.count == paths.count, !ids.isEmpty else { return [:] }
    let known = try await git.require(
      .reading,
      ["cat-file", "--batch-check"], input: Array((ids.joined(separator: "\n") + "\n").utf8)
    )
    .text.split(separator: "\n")
    guard known.count == ids.count else { return [:] }
    var blobs: [String: String] = [:]
    for (position, id) in ids.enumerated() where known[position].hasSuffix(" missing") { blobs[id] = paths[position] }
    return blobs
  }

  func allows(_ path: String) -> Bool {
    allowed.contains { pattern in
      pattern == path || path.hasPrefix(pattern.hasSuffix("/") ? pattern : "\(pattern)/")
        || fnmatch(pattern, path, 0) == 0
    }
  }
}

/// Something that a commit holds and that is not to be pushed.
package struct PushFault: Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case secret(String, line: Int)
    /// `worktree.copy` brought it, perhaps under another name.
    case copied(from: String)
    case ignored(by: String)
    case submodule(commit: String, reason: String)
    case author(String)
    case committer(String)
  }

  package let kind: Kind
  /// The commit's id.
  package let commit: String
  /// "" for what is not about a file.
  package let path: String

  package init(kind: Kind, commit: String, path: String) {
    self.kind = kind
    self.commit = commit
    self.path = path
  }

  /// What the user sets to let it pass.
  package var remedy: String {
    switch kind {
    case .secret where path.isEmpty: "git config orchestrator.guard.secrets false"
    case .secret: "git config --add orchestrator.guard.allow \(shellQuoted(plainText(path, limit: 500)))"
    case .copied, .ignored: "git config orchestrator.guard.ignored false"
    case .submodule: "git config orchestrator.guard.submodules false"
    case .author, .committer: "git config orchestrator.guard.identity false"
    }
  }
}

extension PushFault: CustomStringConvertible {
  /// A clause, for agents and users; it never repeats the secret.
  package var description: String {
    let commit = "commit \(self.commit.prefix(10))"
    let path = "'\(plainText(self.path, limit: 300))'"
    return switch kind {
    case .secret(let what, let line) where self.path.isEmpty:
      "\(commit) has what looks like a secret (\(what)) in its message, line \(line)"
    case .secret(let what, let line): "\(commit) adds what looks like a secret (\(what)) in \(path), line \(line)"
    case .copied(let source) where source == self.path:
      "\(commit) holds \(path), which was copied into the worktree and is not for others"
    case .copied(let source):
      "\(commit) holds the contents of '\(plainText(source, limit: 300))', which is not for others, as \(path)"
    case .ignored(let rule): "\(commit) adds \(path), which is ignored (\(plainText(rule, limit: 300)))"
    case .submodule(let id, let reason): "\(commit) has the submodule \(path) at \(id.prefix(10)), \(reason)"
    case .author(let who): "\(commit) is by \(plainText(who, limit: 200)), who is not the author you commit as"
    case .committer(let who):
      "\(commit) was committed by \(plainText(who, limit: 200)), which is not the identity you commit with"
    }
  }
}
