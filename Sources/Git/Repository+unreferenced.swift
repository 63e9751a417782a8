import Basics
import CLibgit2
import Processes
package import SystemPackage

/// Commits that only logs and records of worktrees know.
extension Repository {
  /// Of these commits the ones that no reference leads to, nor any other of them: with references to the answer all of
  /// them are kept. Ids of what is no commit, or is gone, are left out.
  /// - Parameter ignored: full names of references that count for nothing, or beginnings of names that end in `/`. Nor
  ///   does any `HEAD` count.
  package func unreferenced(
    among ids: Set<ObjectID>, ignoring ignored: [String] = []
  ) throws(GitError) -> [ObjectID] {
    if ids.isEmpty { return [] }
    let tips = try referenceTips { name in
      ignored.contains { $0.hasSuffix("/") ? name.hasPrefix($0) : name == $0 }
    }
    let open = ids.subtracting(tips).filter { (try? lookUp($0)) != nil }
    guard !open.isEmpty else { return [] }
    var covered: Set<ObjectID> = []
    var found: [ObjectID] = []
    for (id, parents) in try history(
      of: open.sorted { $0.description < $1.description }, excluding: tips, ignoring: ignored)
    {
      if !covered.contains(id) {
        guard open.contains(id) else { continue }
        found.append(id)
      }
      covered.formUnion(parents)
    }
    return found
  }

  /// The commits that lead to any of `ids` and to none of `excluding`, children before parents.
  private func history(
    of ids: [ObjectID], excluding: Set<ObjectID>, ignoring ignored: [String]
  ) throws(GitError) -> [(id: ObjectID, parents: [ObjectID])] {
    if isIncomplete {
      let output = try requireGit(
        .reading,
        ["rev-list", "--topo-order", "--parents"] + ids.map(\.description) + ["--not"]
          + ignored.map { "--exclude=\($0.hasSuffix("/") ? "\($0)*" : $0)" } + ["--glob=refs/*", "--"])
      return output.text.split(separator: "\n").compactMap { line in
        let found = line.split(separator: " ").compactMap { ObjectID(String($0)) }
        return found.first.map { ($0, Array(found.dropFirst())) }
      }
    }
    let walk = try Handle(free: git_revwalk_free) { git_revwalk_new(&$0, pointer) }
    try check(git_revwalk_sorting(walk.pointer, GIT_SORT_TOPOLOGICAL.rawValue))
    for id in ids {
      var oid = id.oid
      try check(git_revwalk_push(walk.pointer, &oid), "cannot read the commits of '\(id)'")
    }
    for id in excluding {
      var oid = id.oid
      try check(git_revwalk_hide(walk.pointer, &oid), "cannot read the commits of '\(id)'")
    }
    var found: [(ObjectID, [ObjectID])] = []
    while true {
      var next = git_oid()
      let code = git_revwalk_next(&next, walk.pointer)
      if code == GIT_ITEROVER.rawValue { return found }
      try check(code)
      let commit = try lookUp(ObjectID(next))
      let parents = (0..<git_commit_parentcount(commit.pointer)).compactMap { index in
        git_commit_parent_id(commit.pointer, index).map { ObjectID($0.pointee) }
      }
      found.append((ObjectID(next), parents))
    }
  }

  /// What a worktree's record names, wherever that lies: its `HEAD` and where that has been, and the references that are
  /// the worktree's own.
  package func commitsNamed(inRecord folder: FilePath) -> Set<ObjectID> {
    let names = ["HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "AUTO_MERGE"]
    return names.reduce(ids(in: folder.appending("logs")).union(ids(in: folder.appending("refs")))) {
      $0.union(ids(in: folder.appending($1)))
    }
  }

  /// Where a reference has been, as far as its log says.
  package func commitsLogged(of reference: String) -> Set<ObjectID> {
    ids(in: FilePath("\(commonFolder)/logs/\(reference)"))
  }

  /// The ids that lines begin with, at most two each, in a file or in all files of a folder.
  private func ids(in path: FilePath) -> Set<ObjectID> {
    guard let status = FileStatus(path) else { return [] }
    if status.isDirectory {
      return (path.entries ?? []).reduce([]) { $0.union(ids(in: path.appending($1))) }
    }
    guard status.isRegularFile, let text = try? path.readText(limit: 256 << 20, [.repairsText]) else { return [] }
    var found: Set<ObjectID> = []
    for line in text.split(separator: "\n") {
      for word in line.split(separator: " ", maxSplits: 2).prefix(2) {
        if let id = ObjectID(String(word)), id.description != ObjectID.zeros { found.insert(id) }
      }
    }
    return found
  }
}
