import Basics
import CLibgit2
import Git
import Processes
import SystemPackage

/// Commits that would be gone with a worktree: only its own records lead to them.
struct UnkeptCommits: Sendable {
  /// Newest first; one that leads to another stands for both.
  var commits: [ObjectID] = []
  /// Entries of `git stash`, which all worktrees share and anybody may drop.
  var stashes: [ObjectID] = []
}

extension Repository {
  /// Looks through what this linked worktree remembers: the log of its `HEAD`, the commits that a merge, a rebase and the
  /// like have put aside, its own references.
  /// - Parameters:
  ///   - branch: Its task's, whose log is asked as well, and by whose name entries of `git stash` are known.
  ///   - since: In seconds since 1970: what the branch's log and the stash have from before is somebody else's.
  func unkeptCommits(branch: String?, since: Int?) throws(GitError) -> UnkeptCommits {
    let log = reflog("\(gitFolder)/logs/HEAD")
    var remembered = log.map(\.id) + pseudoReferences()
    if let branch {
      let known = Set(remembered)
      remembered += reflog("\(commonFolder)/logs/refs/heads/\(branch)")
        .filter { $0.time >= since ?? 0 && !known.contains($0.id) }.map(\.id)
    }
    var result = UnkeptCommits()
    result.commits = try unreachable(remembered) { name in Self.isPassing(name) }
    guard let branch else { return result }
    let visited = Set(log.map(\.id))
    let stashed = reflog("\(commonFolder)/logs/refs/stash", isStash: true).filter { entry in
      entry.time >= since ?? 0
        && (entry.message.contains("on \(branch):") || entry.message.contains("On \(branch):")
          || entry.message.contains("on (no branch):") || entry.message.contains("On (no branch):"))
        && ((try? parents(of: entry.id).first).map { $0.map(visited.contains) ?? false } ?? false)
    }
    guard !stashed.isEmpty else { return result }
    result.stashes = try unreachable(stashed.map(\.id)) { $0 == "refs/stash" || Self.isPassing($0) }
    return result
  }

  /// The same of a repository that will be gone as a whole: all that it remembers and that none of its remotes has.
  func unpushedCommits() throws(GitError) -> (references: [SavedWork.Named], commits: [ObjectID]) {
    let remote = try references(matching: "refs/remotes/*")
    // The tags of a repository with remotes came from there, as a rule.
    let own = try references(matching: "refs/*").filter {
      !$0.name.hasPrefix("refs/remotes/") && (remote.isEmpty || !$0.name.hasPrefix("refs/tags/"))
    }
    let unpushed = Set(try unreachable(own.map(\.id), joining: false) { !$0.hasPrefix("refs/remotes/") })
    let references = own.filter { unpushed.contains($0.id) }
    let tags = remote.isEmpty
    var remembered = pseudoReferences()
    for log in logs() { remembered += reflog(log).map(\.id) }
    let commits = try unreachable(remembered) { name in name.hasPrefix("refs/tags/") && !tags }
    return (references, commits)
  }

  /// References that are there for a while only.
  private static func isPassing(_ name: String) -> Bool {
    ["refs/orchestrator/review/", "refs/bisect/", "refs/worktree/", "refs/rewritten/"].contains(where: name.hasPrefix)
  }

  // MARK: - What is remembered

  private struct LogEntry {
    let id: ObjectID
    let time: Int
    let message: String
  }

  /// Newest first, each id once.
  /// - Parameter isStash: The log of a stash is the list of its entries, each with its own message; of other logs each
  ///   line has two commits that somebody was at.
  private func reflog(_ path: String, isStash: Bool = false) -> [LogEntry] {
    guard let bytes = try? FilePath(path).readBytes(limit: 1 << 28, .regularOnly) else { return [] }
    var seen: Set<ObjectID> = []
    var entries: [LogEntry] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() where line.count > 82 {
      let text = String(decoding: line, as: UTF8.self)
      let message = text.firstIndex(of: "\t").map { String(text[$0...].dropFirst()) } ?? ""
      let head = text.prefix { $0 != "\t" }.split(separator: " ")
      let time = head.count > 2 ? Int(head[head.count - 2]) ?? 0 : 0
      for id in (isStash ? [head[1]] : [head[1], head[0]]).compactMap({ ObjectID(String($0)) })
      where id.description != ObjectID.zeros && seen.insert(id).inserted {
        entries.append(LogEntry(id: id, time: time, message: message))
      }
    }
    return entries
  }

  private func logs() -> [String] {
    var found: [String] = []
    func walk(_ folder: String, depth: Int) {
      for name in namesInFolder(folder) ?? [] where depth < 20 {
        let path = "\(folder)/\(name)"
        guard let status = FileStatus(path) else { continue }
        if status.isDirectory {
          // Where remotes were is theirs.
          if path != "\(commonFolder)/logs/refs/remotes" { walk(path, depth: depth + 1) }
        } else {
          found.append(path)
        }
      }
    }
    walk("\(commonFolder)/logs", depth: 0)
    return found
  }

  /// The commits that git puts aside under names of a worktree's own, and `HEAD`.
  private func pseudoReferences() -> [ObjectID] {
    var found: [ObjectID] = []
    switch try? head() {
    case .detached(let id): found.append(id)
    case .branch, .unborn, nil: break
    }
    let names = [
      "ORIG_HEAD", "MERGE_HEAD", "MERGE_AUTOSTASH", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD",
      "rebase-merge/orig-head", "rebase-merge/autostash", "rebase-merge/stopped-sha", "rebase-merge/amend",
      "rebase-apply/orig-head", "rebase-apply/autostash",
    ]
    for name in names {
      let text = shortText(at: "\(gitFolder)/\(name)") ?? ""
      found += text.split(separator: "\n").compactMap { ObjectID(String($0.prefix(40))) }
    }
    guard isLinkedWorktree else { return found }
    func walk(_ folder: String, depth: Int) {
      for name in namesInFolder(folder) ?? [] where depth < 20 {
        let path = "\(folder)/\(name)"
        if FileStatus(path)?.isDirectory == true {
          walk(path, depth: depth + 1)
        } else if let id = shortText(at: path).flatMap(ObjectID.init) {
          found.append(id)
        }
      }
    }
    walk("\(gitFolder)/refs", depth: 0)
    return found
  }

  // MARK: - What leads to it

  /// How far back from `HEAD` a commit is looked for before all references are asked.
  private static let nearby = 2000

  /// Those of the commits that no reference leads to, but those with names that `isNone` says count for nothing.
  /// - Parameter joining: Whether one that leads to another stands for both.
  func unreachable(
    _ commits: [ObjectID], joining: Bool = true, except isNone: (String) -> Bool
  ) throws(GitError) -> [ObjectID] {
    var seen: Set<ObjectID> = []
    var left = commits.filter { seen.insert($0).inserted }
    // Nearly always they are the newest of the branch.
    if case .branch(let name, let tip) = try? head(), !isNone("refs/heads/\(name)") {
      let near = nearby(tip, lookingFor: Set(left))
      left.removeAll(where: near.contains)
    }
    guard !left.isEmpty else { return [] }
    var tips = try references(matching: "refs/*").filter { !isNone($0.name) }.map(\.id)
    let known = Set(tips)
    var result: [ObjectID] = []
    for commit in left where !known.contains(commit) {
      // One that is not there any more cannot be kept.
      guard (try? lookUp(commit)) != nil else { continue }
      if try leads(tips, to: commit, except: isNone, results: result) { continue }
      result.append(commit)
      if joining { tips.append(commit) }
    }
    return result
  }

  private func leads(
    _ tips: [ObjectID], to commit: ObjectID, except isNone: (String) -> Bool, results: [ObjectID]
  ) throws(GitError) -> Bool {
    guard !tips.isEmpty else { return false }
    if isIncomplete {
      let output = try requireGit(.reading, ["for-each-ref", "--contains", "\(commit)", "--format=%(refname)"])
      if output.text.split(separator: "\n").contains(where: { !isNone(String($0)) }) { return true }
      for result in results where try isAncestorByGit(commit, of: result) { return true }
      return false
    }
    var oid = commit.oid
    let code = git_graph_reachable_from_any(pointer, &oid, tips.map(\.oid), tips.count)
    try check(code)
    return code == 1
  }

  private func nearby(_ tip: ObjectID, lookingFor wanted: Set<ObjectID>) -> Set<ObjectID> {
    var found: Set<ObjectID> = []
    guard let walk = try? Handle(free: git_revwalk_free, { git_revwalk_new(&$0, pointer) }) else { return found }
    var oid = tip.oid
    // By time alone it is a walk of as many steps as are taken.
    guard git_revwalk_sorting(walk.pointer, GIT_SORT_TIME.rawValue) == 0, git_revwalk_push(walk.pointer, &oid) == 0
    else { return found }
    var next = git_oid()
    var steps = 0
    while steps < Self.nearby, found.count < wanted.count, git_revwalk_next(&next, walk.pointer) == 0 {
      steps += 1
      let id = ObjectID(next)
      if wanted.contains(id) { found.insert(id) }
    }
    return found
  }

  // MARK: - Repositories within

  /// The paths that the index has as commits of other repositories, and at which there is one.
  func populatedGitlinks() throws(GitError) -> [String] {
    guard let workingFolder,
      let index = try? Handle(free: git_index_free, { git_repository_index(&$0, pointer) })
    else { return [] }
    var paths: [String] = []
    for position in 0..<git_index_entrycount(index.pointer) {
      guard let entry = git_index_get_byindex(index.pointer, position)?.pointee,
        UInt32(entry.mode) == GIT_FILEMODE_COMMIT.rawValue
      else { continue }
      let path = String(cString: entry.path)
      if FileStatus("\(workingFolder)/\(path)/.git") != nil { paths.append(path) }
    }
    return paths
  }

  static func hash(_ text: String) -> String {
    var oid = git_oid()
    let bytes = Array(text.utf8)
    git_odb_hash(&oid, bytes, bytes.count, GIT_OBJECT_BLOB)
    return ObjectID(oid).description
  }
}
