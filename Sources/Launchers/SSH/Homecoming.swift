import Basics
import Git
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Brings home what an agent did on a host, once it has ended: its commits into the repository and the task's branch, by
/// compare-and-swap, and what it left uncommitted into the worktree, which then is as the one there was. From then on all
/// is as if the agent had worked here.
struct Homecoming: Sendable {
  let travel: FarJob.Travel
  let departed: FarJob.Departed
  let far: FarJob
  let host: SSHHost
  let manner: any Manner
  let environment: [String: String]

  /// What is there, as the host tells it.
  private struct Manifest: Sendable {
    var values: [String: String] = [:]
    var others: [String] = []
    var nested: [String] = []
    /// What its scheduler had to say of it.
    var said: [String] = []
    /// Why the worktree could not be set up for a program, a line each.
    var unready: [String] = []
    /// The job never began, or nothing of it is to come home.
    var isEmpty = false

    subscript(_ name: String) -> String? { values[name].flatMap { $0 == "none" ? nil : $0 } }
  }

  /// Returns what keeps the folders there from being removed, as a clause; nil where nothing does.
  func bring() async throws(LaunchError) -> String? {
    let manifest = try await collect()
    if !manifest.said.isEmpty {
      try? FileSystem.replace(far.folder.schedulerErrors, with: manifest.said.joined(separator: "\n") + "\n")
    }
    if !manifest.unready.isEmpty {
      try? FileSystem.replace(far.unready, with: manifest.unready.joined(separator: "\n") + "\n")
    }
    do {
      guard !manifest.isEmpty else {
        try await forget()
        return nil
      }
      guard let keep = manifest["keep"] else {
        throw LaunchError.unavailable("\(host.name): the answer cannot be read")
      }
      try await fetch(keep)
      if let reason = try await whyNot(manifest) {
        // All that was done stays among the run's saved work.
        let (run, task, attempt) = travel.parts
        let saved = "refs/orchestrator/saved/\(run)/\(task)/\(attempt)-away"
        try await git.require(.recording, ["update-ref", saved, keep])
        try FileSystem.replace(
          far.trouble, with: "\(reason); its commits are in \(saved)^1, and its files in \(saved)")
      } else {
        if far.applying.exists { try await saveWhatIsHere(manifest) }
        try FileSystem.replace(far.applying, with: "")
        try await apply(manifest)
      }
      try await forget()
    } catch let error as LaunchError {
      throw error
    } catch let error as GitError {
      throw .unavailable(
        "what was done on \(host.name) cannot be brought home: \(plainText(error.message, limit: 300))")
    } catch {
      throw .unavailable("what was done on \(host.name) cannot be brought home: \(FileSystem.reason(error))")
    }
    guard let first = manifest.nested.first else { return nil }
    return "'\(first)' is a repository of its own, which does not travel"
  }

  /// The worktree may be gone; the repository is not.
  private var git: GitCommand {
    GitCommand(directory: FilePath(travel.commonDirectory), environment: environment)
  }

  /// What kept its objects here is not needed any more.
  private func forget() async throws(GitError) {
    try await git.require(.recording, ["update-ref", "-d", travel.reference])
  }

  private func collect() async throws(LaunchError) -> Manifest {
    let script =
      "tell_result() {\n\(manner.resultScript)\n:\n}\n"
      + FarScript.text(
        FarScript.collect,
        [
          "base": departed.base, "key": travel.name, "name": departed.name, "branch": travel.branch,
          "tip": departed.tip, "sent": departed.sent, "program": travel.isProgram == true ? "yes" : "",
        ])
    var manifest = Manifest()
    for (word, value) in try await host.connection.lines(script, patience: SSHConnection.longPatience) {
      switch word {
      case "other": manifest.others.append(value)
      case "nested": manifest.nested.append(value)
      case "said": manifest.said.append(value)
      case "unready": manifest.unready.append(value)
      case "result": try? FileSystem.replace(far.result, with: value + "\n")
      case "nothing": manifest.isEmpty = true
      default: manifest.values[word] = value
      }
    }
    // They come from another machine, and into command lines here.
    let names = manifest.values.filter { $0.key != "end" && $0.value != "none" }
    let isSound = names.allSatisfy { name, value in
      ObjectID(value) != nil || name == "head" && value.hasPrefix("refs/heads/") && !value.contains("..")
    }
    guard isSound, manifest.others.allSatisfy({ ObjectID($0) != nil }) else {
      throw .unavailable("\(host.name): the answer cannot be read")
    }
    return manifest
  }

  /// Gets the objects, and a reference that keeps them.
  private func fetch(_ keep: String) async throws {
    let known = try await git.run(.reading, ["rev-parse", "--quiet", "--verify", travel.reference])
    if known.text == keep { return }
    let scratch = far.folder.path.appending("home")
    defer { try? scratch.removeTree() }
    try? scratch.removeTree()
    try FileSystem.createFolder(scratch, permissions: 0o700)
    let (answer, bundle) = (scratch.appending("answer"), scratch.appending("bundle"))
    let script = FarScript.text(#"cat "$job/bundle""#, ["job": departed.job(travel)])
    let parcel = scratch.appending("question")
    try FileSystem.create(parcel, containing: SSHConnection.prepared(script))
    try await host.connection.ask(script, parcel: parcel, into: answer)
    try await offPool { try Self.cut(answer, into: bundle) }
    try await git.require(.recording, ["bundle", "unbundle", bundle.string])
    try await git.require(.recording, ["update-ref", travel.reference, keep])
  }

  /// What follows the mark.
  private static func cut(_ answer: FilePath, into file: FilePath) throws {
    let source = try FileDescriptor.open(answer, .readOnly, options: .closeOnExec)
    defer { try? source.close() }
    let target = try FileDescriptor.open(
      file, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
    defer { try? target.close() }
    var isBegun = false
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
      guard count > 0 else { break }
      if isBegun {
        try target.writeAll(buffer[..<count])
      } else if let rest = SSHConnection.answer(in: Array(buffer[..<count])) {
        isBegun = true
        try target.writeAll(rest)
      }
    }
  }

  // MARK: - Into the worktree

  /// Why the work cannot be brought into the worktree; nil where it can.
  private func whyNot(_ manifest: Manifest) async throws -> String? {
    let worktree = FilePath(travel.worktree)
    guard worktree.appending(".git").exists else { return "the worktree '\(worktree)' is gone" }
    // Half of it may be done.
    if far.applying.exists { return nil }
    let now = try await WorktreeState.read(worktree, branch: travel.branch, environment: environment)
    if now.head != departed.head || now.commit != departed.commit || now.tip != departed.tip {
      return "branch '\(travel.branch)' has moved here while the agent worked on \(host.name)"
    }
    return now.tree == departed.tree
      ? nil : "the files of the worktree '\(worktree)' have changed here while the agent worked on \(host.name)"
  }

  /// Half of it may be done, a long time ago: what somebody has written into the worktree since must not be lost.
  private func saveWhatIsHere(_ manifest: Manifest) async throws {
    let worktree = FilePath(travel.worktree)
    let now = try await WorktreeState.read(worktree, branch: travel.branch, environment: environment)
    guard now.tree != departed.tree, now.tree != manifest["tree"] else { return }
    let kept = try await GitCommand(directory: worktree, environment: environment).adding(FarJob.identity).require(
      .saving, ["commit-tree", "-m", "here before the work on \(host.name) came", now.tree, "-p", now.commit]
    ).text
    let (run, task, attempt) = travel.parts
    try await git.require(.recording, ["update-ref", "refs/orchestrator/saved/\(run)/\(task)/\(attempt)-here", kept])
  }

  /// Each step is found done when it is repeated.
  private func apply(_ manifest: Manifest) async throws {
    guard let tree = manifest["tree"], let commit = manifest["commit"], let head = manifest["head"] else {
      throw LaunchError.unavailable("\(host.name): the answer cannot be read")
    }
    let worktree = GitCommand(directory: FilePath(travel.worktree), environment: environment)
    try await remember(manifest, worktree)
    try await worktree.require(.recording, ["read-tree", departed.tree])
    try await worktree.require(.checkout(hooks: nil), ["read-tree", "--reset", "-u", tree])
    let branch = "refs/heads/\(travel.branch)"
    if let tip = manifest["tip"], tip != departed.tip { try await move(branch, from: departed.tip, to: tip, worktree) }
    try await check(out: head, at: commit, worktree)
    let staged: String
    if let known = manifest["staged"] { staged = known } else { staged = try await worktree.tree(of: commit) }
    try await worktree.require(.recording, ["read-tree", staged])
    // What it says of files that differ is no failure.
    try await worktree.run(.recording, ["update-index", "-q", "--refresh"])
  }

  /// Has the worktree on the branch, or the commit, that the agent was on.
  private func check(out head: String, at commit: String, _ git: GitCommand) async throws(GitError) {
    if head == departed.head, head != "refs/heads/\(travel.branch)", head.hasPrefix("refs/") {
      return try await move(head, from: departed.commit, to: commit, git)
    }
    guard head != departed.head else { return }
    if head.hasPrefix("refs/heads/") {
      let there = try await git.run(.reading, ["rev-parse", "--quiet", "--verify", "\(head)^{commit}"])
      if !there.isSuccess { try await git.require(.recording, ["update-ref", head, commit, ""]) }
      if !there.isSuccess || there.text == commit {
        try await git.require(.recording, ["symbolic-ref", "HEAD", head])
        return
      }
    }
    // Nor does a branch of that name here move, which is somebody else's.
    try await git.require(.recording, ["update-ref", "--no-deref", "HEAD", commit])
  }

  private func move(_ name: String, from old: String, to new: String, _ git: GitCommand) async throws(GitError) {
    let now = try await git.require(.reading, ["rev-parse", "--verify", "\(name)^{commit}"]).text
    if now == new { return }
    try await git.require(.recording, ["update-ref", "-m", "work on \(host.name)", name, new, old])
  }

  /// Commits that no branch leads to any more, such as those that were amended: the log of the worktree's `HEAD` has them,
  /// as it would if they had been made here, and so they are saved.
  private func remember(_ manifest: Manifest, _ git: GitCommand) async throws {
    guard !manifest.others.isEmpty else { return }
    let path = try await git.require(.reading, ["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"]).text
    let time = Int(Date().timeIntervalSince1970)
    let lines = manifest.others.map {
      "\($0) \($0) git-orch <git-orch@localhost> \(time) +0000\ton \(host.name)\n"
    }
    try await offPool {
      KillPoint.before(.recordFile)
      defer { KillPoint.after(.recordFile) }
      // A worktree of which nobody has ever moved HEAD has none.
      try FileSystem.createFolder(FilePath(path).removingLastComponent())
      let file = try FileDescriptor.open(
        path, .writeOnly, options: [.append, .create, .closeOnExec],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
      try file.closeAfter { _ = try file.writeAll(Array(lines.joined().utf8)) }
    }
  }
}
