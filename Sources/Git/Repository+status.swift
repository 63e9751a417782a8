import Basics
import CLibgit2
import Processes
import SystemPackage

extension Repository {
  /// What is uncommitted here: staged, modified, untracked (each file, ignored ones left out) or unmerged, as
  /// `git status` shows it.
  ///
  /// libgit2 answers where it gives git's answer; where filters, sparse checkout, submodules and the like are in play,
  /// and for big trees, git is asked.
  /// - Throws: `.other` for a bare repository.
  package func status() throws(GitError) -> WorkingTreeStatus {
    guard !isBare else { throw GitError(.other, "'\(gitDirectory)' is bare: it has no working tree") }
    if try configurationNeedsGit() == nil, try indexNeedsGit() == nil, let status = try? statusByLibgit2(),
      // A new .gitattributes counts before it is added.
      !status.entries.contains(where: { Self.namesSpecialFile($0.path) })
    {
      return status
    }
    let output = try runGit(
      .reading, ["status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"],
      configuration: try withoutNestedFilters())
    guard output.isSuccess else { throw GitError(output) }
    return WorkingTreeStatus(porcelain: output.records)
  }

  /// `nil` when it cannot be told.
  private func statusByLibgit2() throws(GitError) -> WorkingTreeStatus? {
    var options = git_status_options()
    try check(git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION)))
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
    options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED.rawValue | GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS.rawValue
    // libgit2 takes a repository within, which git calls untracked, for ignored.
    options.flags |= GIT_STATUS_OPT_INCLUDE_IGNORED.rawValue
    let list = try Handle(free: git_status_list_free) { git_status_list_new(&$0, pointer, &options) }
    var entries: [WorkingTreeStatus.Entry] = []
    for position in 0..<git_status_list_entrycount(list.pointer) {
      guard let entry = git_status_byindex(list.pointer, position)?.pointee else { continue }
      guard let delta = entry.index_to_workdir ?? entry.head_to_index,
        let path = delta.pointee.new_file.path.map({ String(cString: $0) })
      else { continue }
      if entry.status.rawValue & GIT_STATUS_IGNORED.rawValue != 0 {
        if let workingFolder, FileStatus("\(workingFolder)/\(path)/.git") != nil { return nil }
        continue
      }
      for kind in Self.kinds(of: entry.status.rawValue) { entries.append(.init(path: path, kind: kind)) }
    }
    return WorkingTreeStatus(entries: entries)
  }

  private static func kinds(of flags: UInt32) -> [WorkingTreeStatus.Entry.Kind] {
    func has(_ candidates: git_status_t...) -> Bool { candidates.contains { flags & $0.rawValue != 0 } }
    if has(GIT_STATUS_CONFLICTED) { return [.conflicted] }
    let isStaged = has(
      GIT_STATUS_INDEX_NEW, GIT_STATUS_INDEX_MODIFIED, GIT_STATUS_INDEX_DELETED, GIT_STATUS_INDEX_RENAMED,
      GIT_STATUS_INDEX_TYPECHANGE)
    if has(GIT_STATUS_WT_NEW) { return isStaged ? [.staged, .untracked] : [.untracked] }
    if has(GIT_STATUS_WT_DELETED) { return [.deleted] }
    if has(GIT_STATUS_WT_MODIFIED, GIT_STATUS_WT_TYPECHANGE, GIT_STATUS_WT_RENAMED, GIT_STATUS_WT_UNREADABLE) {
      return [.modified]
    }
    return isStaged ? [.staged] : []
  }
}
