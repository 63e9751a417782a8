import Basics
import Git
import Processes
import SystemPackage

/// The repository as a program in a sandbox sees it.
extension SandboxBuilder {
  private var common: FilePath { place.commonDirectory }

  /// Of many siblings of a branch only so many are held to what they are; the fingerprints see a change of the others.
  private static let mostSiblings = 200

  // MARK: - A fork's

  /// What git in a worktree reads of the common directory. The configuration is shown in part.
  private static let readByAll: Set<String> = [
    "HEAD", "config", "info", "objects", "packed-refs", "refs", "shallow",
  ]

  /// All of it can be read that a `git status` or `git log` in the worktree needs: the objects and branches. The run's
  /// files, other worktrees' records, hooks and reflogs are hidden, and of the configuration only what says how the
  /// repository is stored is shown: remotes' addresses and headers hold passwords.
  func addForkGit(to profile: inout SandboxProfile, worktree: FilePath, scratch: FilePath) async throws {
    let record = try record(of: worktree)
    profile.set(common, .readOnly)
    // Next to what git reads there are other programs' files: the key of git-crypt, the logins of git-annex.
    for name in common.entries ?? [] where !Self.readByAll.contains(name) { profile.hide(common.appending(name)) }
    profile.hide(common.pushing("info/attributes"))
    profile.set(record, .readOnly)
    for path in [common.appending("config"), record.appending("config.worktree")] where path.exists {
      let copy = FileSystem.firstFree(scratch.appending("sandbox-config"), "txt")
      try FileSystem.create(copy, containing: try await storageConfiguration(path))
      profile.set(path, .replaced(by: copy.realPath ?? copy))
    }
    showAlternates(in: &profile)
  }

  /// The keys of a configuration file without which git would read the repository wrongly.
  private func storageConfiguration(_ file: FilePath) async throws -> String {
    let listing = try await place.git.run(
      .configuring, ["config", "--file", file.string, "--no-includes", "--list", "-z"])
    guard listing.isSuccess else { return "" }
    var text = ""
    for entry in listing.bytes.split(separator: 0) {
      let parts = entry.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
      let key = String(decoding: parts[0], as: UTF8.self)
      guard let dot = key.firstIndex(of: "."), let name = Self.storageKey(key) else { continue }
      let value = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "true"
      guard value.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }) else { continue }
      text += "[\(key[..<dot])]\n\t\(name) = \(value)\n"
    }
    return text
  }

  /// The last part of a key that is shown; nil for all others.
  static func storageKey(_ key: String) -> String? {
    let parts = key.split(separator: ".")
    guard parts.count == 2 else { return nil }
    let core: Set<String> = [
      "repositoryformatversion", "filemode", "bare", "ignorecase", "precomposeunicode", "symlinks", "autocrlf", "eol",
      "sparsecheckout", "sparsecheckoutcone", "logallrefupdates", "protecthfs", "protectntfs",
    ]
    switch parts[0] {
    case "core": return core.contains(String(parts[1])) ? String(parts[1]) : nil
    case "extensions": return String(parts[1])
    default: return nil
    }
  }

  /// Where the objects are that the repository shares with others.
  private func showAlternates(in profile: inout SandboxProfile) {
    let objects = common.appending("objects")
    guard let text = try? objects.pushing("info/alternates").readText(limit: 1 << 20, .plainFile) else { return }
    // Any other folder is not one of objects: whoever can write the file would have it shown.
    for line in text.split(separator: "\n") where !line.hasPrefix("#") && line.hasSuffix("/objects") {
      profile.show(objects.pushing(FilePath(String(line))).normalized)
    }
  }

  // MARK: - One's own

  /// What `git commit` writes can be written: objects, the branch with its log, and what the worktree keeps for itself.
  /// Configuration, hooks, other branches and tags, remote-tracking branches, packed objects and the stash cannot.
  func addOwnGit(to profile: inout SandboxProfile, worktree: FilePath, access: GitAccess) throws {
    let record = try record(of: worktree)
    let common = common.realPath ?? common
    // git locks the packed branches by a file next to them whenever it deletes a reference, be it CHERRY_PICK_HEAD.
    shadow(common, leavingOut: ["orchestrator"], in: &profile)
    // Never a new file of the sandbox's own: `git pack-refs` would move the task's branch into it.
    let packed = common.appending("packed-refs")
    if !packed.exists { profile.place(packed, .emptyFile) }
    showAlternates(in: &profile)
    guard case .committing(let branch) = access else { return }
    let objects = common.appending("objects")
    profile.set(objects, .writable)
    for name in ["pack", "info"] { profile.set(objects.appending(name), .readOnly) }
    profile.set(common.appending("lfs"), .writable)
    profile.set(record, .writable)
    // Where the repository is, its configuration, and the repositories of submodules with theirs.
    for name in ["commondir", "gitdir", "locked", "modules", "config.worktree"] {
      profile.set(record.appending(name), .readOnly)
    }
    let configuration = record.appending("config.worktree")
    // Made by the agent, it would be read by our own git wherever extensions.worktreeConfig is on.
    if !configuration.exists { profile.place(configuration, .emptyFile) }
    if let branch { try addBranch(branch, to: &profile) }
  }

  /// git replaces a branch's file by a rename of one next to it, so that the folder must be writable. What else is in it
  /// is held to what it is.
  private func addBranch(_ branch: String, to profile: inout SandboxProfile) throws {
    let reference = common.pushing(FilePath("refs/heads/\(branch)"))
    let folder = reference.removingLastComponent()
    try FileSystem.createFolder(folder)
    profile.set(folder, .writable)
    // Folders first: they hold many.
    let siblings = (folder.entries ?? []).map { folder.appending($0) }.filter { $0 != reference }
    let (folders, files) = (siblings.filter(\.isDirectory), siblings.filter { !$0.isDirectory })
    for sibling in (folders + files).prefix(Self.mostSiblings) where !sibling.string.hasSuffix(".lock") {
      profile.set(sibling, .readOnly)
    }
    let log = common.pushing(FilePath("logs/refs/heads/\(branch)"))
    // It is only ever appended to.
    if log.exists {
      profile.set(log, .writable)
    } else {
      try FileSystem.createFolder(log.removingLastComponent())
      profile.set(log.removingLastComponent(), .writable)
    }
  }

  // MARK: - The worktree's record

  /// Where git keeps what belongs to this worktree, which both sides must agree on.
  private func record(of worktree: FilePath) throws -> FilePath {
    func fault(_ why: String) -> SandboxFault {
      SandboxFault(description: "no sandbox can be made for '\(worktree)': \(why)")
    }
    guard let text = try? worktree.appending(".git").readText(limit: 1 << 16, .plainFile).trimmed,
      text.hasPrefix("gitdir: "),
      let record = worktree.pushing(FilePath(text.dropFirst(8).trimmed)).realPath
    else { throw fault("it is not a linked worktree") }
    guard let records = common.appending("worktrees").realPath, record.removingLastComponent() == records else {
      throw fault("it does not belong to this repository")
    }
    guard let back = try? record.appending("gitdir").readText(limit: 1 << 16, .plainFile).trimmed,
      record.pushing(FilePath(back)).realPath == worktree.appending(".git").realPath
    else { throw fault("git keeps its record for another worktree") }
    return record
  }
}
