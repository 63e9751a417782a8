import CLibgit2

/// How much was done since a commit.
package struct ChangeAmount: Sendable, Equatable {
  package var commits: Int
  package var added: Int
  package var removed: Int

  package init(commits: Int, added: Int, removed: Int) {
    (self.commits, self.added, self.removed) = (commits, added, removed)
  }
}

extension Repository {
  /// More commits than anybody counts are not counted.
  private static let mostCommits = 999
  /// Files that are larger count as binary: they are not compared line by line.
  private static let largestFile: Int64 = 1 << 20

  /// What there is in the working tree, and committed on its `HEAD`, that is not in `start`; new files included, ignored
  /// and binary ones left out. For people to look at: filters that are programs do not run, and file names that attributes
  /// make special are compared as they are.
  package func amount(since start: ObjectID) throws(GitError) -> ChangeAmount {
    var options = git_diff_options()
    try check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)))
    options.flags =
      GIT_DIFF_INCLUDE_UNTRACKED.rawValue | GIT_DIFF_RECURSE_UNTRACKED_DIRS.rawValue
      | GIT_DIFF_SHOW_UNTRACKED_CONTENT.rawValue
    options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL
    options.max_size = Self.largestFile
    options.context_lines = 0
    let tree = try treeHandle(of: start)
    let diff = try Handle(free: git_diff_free) {
      git_diff_tree_to_workdir_with_index(&$0, pointer, tree.pointer, &options)
    }
    let tip = try commit(at: "HEAD") ?? start
    return try amount(of: diff, from: start, to: tip)
  }

  /// What the commits up to `tip` changed that are not in `start`.
  package func amount(from start: ObjectID, to tip: ObjectID) throws(GitError) -> ChangeAmount {
    var options = git_diff_options()
    try check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)))
    options.max_size = Self.largestFile
    options.context_lines = 0
    let old = try treeHandle(of: start)
    let new = try treeHandle(of: tip)
    let diff = try Handle(free: git_diff_free) {
      git_diff_tree_to_tree(&$0, pointer, old.pointer, new.pointer, &options)
    }
    return try amount(of: diff, from: start, to: tip)
  }

  private func amount(
    of diff: borrowing Handle, from start: ObjectID, to tip: ObjectID
  ) throws(GitError) -> ChangeAmount {
    guard !isIncomplete else { throw GitError(.other, "not all objects are here") }
    let differences = diff.pointer
    let stats = try Handle(free: git_diff_stats_free) { git_diff_get_stats(&$0, differences) }
    let count = try commits(from: tip, excluding: [start], limit: Self.mostCommits).count
    return ChangeAmount(
      commits: count, added: Int(git_diff_stats_insertions(stats.pointer)),
      removed: Int(git_diff_stats_deletions(stats.pointer)))
  }
}
