import Basics
import Git
import Processes
import Settings
import SystemPackage

/// Sends a job with its worktree to a host, and starts it there. What was done before we died is found done.
struct Departure: Sendable {
  let job: Job
  let host: SSHHost
  let manner: any Manner
  let settings: FarSettings
  let environment: [String: String]

  private var far: FarJob { FarJob(folder: job.folder) }

  /// Returns how the job is called there; nil where that is by its host.
  func begin() async throws(LaunchError) -> String? {
    guard let travel = far.travel else { throw .refused("'\(far.travelFile)' cannot be read") }
    do {
      let repository = try repositoryName(travel)
      let place = try await contact(travel, repository)
      let departed: FarJob.Departed
      if let known = far.departed, known.host == host.name, known.work == place.work {
        departed = known
      } else {
        departed = try await leave(travel, place, base: "\(place.root)/\(repository)")
      }
      return try await deliver(travel, departed, place)
    } catch let error as LaunchError {
      throw error
    } catch let error as GitError {
      throw .refused("the worktree cannot be sent: \(plainText(error.message, limit: 300))")
    } catch {
      throw .refused("the worktree cannot be sent: \(FileSystem.reason(error))")
    }
  }

  // MARK: - The host

  private struct Place {
    var root = ""
    var work = ""
    var known: [String] = []
    /// Whether the job itself is there.
    var hasJob = false
  }

  private func contact(_ travel: FarJob.Travel, _ repository: String) async throws(LaunchError) -> Place {
    let parts = travel.parts
    let answer = try await host.connection.lines(
      FarScript.text(
        FarScript.prepare,
        [
          "folder": settings.folder, "repository": repository, "run": parts.run, "task": parts.task, "key": travel.name,
        ]))
    var place = Place()
    for (word, value) in answer {
      switch word {
      case "root": place.root = value
      case "work": place.work = value
      case "has": place.known.append(value)
      case "job": place.hasJob = true
      default: break
      }
    }
    guard !place.root.isEmpty, !place.work.isEmpty else {
      throw .unavailable("\(host.name): the answer cannot be read")
    }
    return place
  }

  /// What the repository is called on hosts: the same wherever it is moved to here.
  private func repositoryName(_ travel: FarJob.Travel) throws -> String {
    let file = FilePath(travel.commonDirectory).appending("orchestrator/ssh-name")
    let known = file.readTail(limit: 200).trimmed
    if !known.isEmpty { return known }
    let common = FilePath(travel.commonDirectory)
    let folder = common.lastComponent?.string == ".git" ? common.removingLastComponent() : common
    let plain = (folder.lastComponent?.string ?? "").filter {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0))
    }
    let name =
      "\(plain.isEmpty ? "repository" : plain.prefix(40).description)-\(String(UInt32.random(in: 0 ... .max), radix: 36))"
    try FileSystem.replace(file, with: name + "\n")
    // Another process may have been faster.
    let now = file.readTail(limit: 200).trimmed
    return now.isEmpty ? name : now
  }

  // MARK: - What is sent

  private func leave(
    _ travel: FarJob.Travel, _ place: Place, base: String
  ) async throws -> FarJob.Departed {
    let worktree = FilePath(travel.worktree)
    let state = try await WorktreeState.read(worktree, branch: travel.branch, environment: environment)
    let git = GitCommand(directory: worktree, environment: environment)
    var sent = state.commit
    if try await state.tree != git.tree(of: state.commit) || state.tip != state.commit {
      let parents = state.tip == state.commit ? [state.commit] : [state.commit, state.tip]
      sent = try await git.adding(FarJob.identity).require(
        .saving, ["commit-tree", "-m", "sent to another host", state.tree] + parents.flatMap { ["-p", $0] }
      ).text
    }
    try await git.require(.recording, ["update-ref", travel.reference, sent])
    let departed = FarJob.Departed(
      host: host.name, launcher: manner.name, base: base, work: place.work, name: Self.name(of: worktree),
      head: state.head,
      commit: state.commit, tip: state.tip, sent: sent, tree: state.tree, staged: state.staged)
    try FarJob.write(departed, to: far.departedFile)
    return departed
  }

  private static func name(of worktree: FilePath) -> String {
    let name = worktree.lastComponent?.string ?? ""
    // All that a task's id may have, so that no two are the same there.
    let plain = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.@".contains($0)) }
    return plain.isEmpty || plain.hasPrefix(".") ? "worktree\(plain)" : plain
  }

  private func deliver(
    _ travel: FarJob.Travel, _ departed: FarJob.Departed, _ place: Place
  ) async throws -> String? {
    let there = Job(key: travel.key, folder: JobFolder(FilePath(departed.job(travel))))
    let script =
      manner.launching(there) + "\n"
      + FarScript.text(
        FarScript.deliver,
        [
          "base": departed.base, "key": travel.name, "work": departed.work, "name": departed.name,
          "reference": travel.reference, "branch": travel.branch, "head": departed.head, "commit": departed.commit,
          "tip": departed.tip, "sent": departed.sent, "staged": departed.staged,
        ])
    let scratch = job.folder.parcel
    defer { try? scratch.removeTree() }
    try? scratch.removeTree()
    try FileSystem.createFolder(scratch, permissions: 0o700)
    let parcel = scratch.appending("parcel")
    try FileSystem.create(parcel, containing: SSHConnection.prepared(script))
    // What is there is not sent again, however often its start is tried.
    if !place.hasJob {
      try await pack(travel, departed, known: place.known, in: scratch.appending("load"))
      let tar = try await tool("tar", ["-C", scratch.appending("load").string, "-cf", "-", "."], into: parcel)
      guard tar.exit == .code(0) else {
        throw LaunchError.refused("tar: \(plainText(String(decoding: tar.errors, as: UTF8.self), limit: 300))")
      }
    }
    let answer = scratch.appending("answer")
    try await host.connection.ask(script, parcel: parcel, into: answer)
    let lines = try host.connection.lines(in: Array(answer.readTail(limit: 16 << 20).utf8)[...])
    try manner.check(lines, of: host.name)
    guard lines.contains(where: { $0.word == "started" }) else {
      throw LaunchError.unavailable("\(host.name): the answer cannot be read")
    }
    return lines.last { $0.word == "id" }?.value
  }

  /// Puts all that travels into a folder.
  private func pack(
    _ travel: FarJob.Travel, _ departed: FarJob.Departed, known: [String], in load: FilePath
  ) async throws {
    try FileSystem.createFolder(load, permissions: 0o700)
    let tree = "\(departed.work)/\(departed.name)"
    func located(_ text: String) -> String {
      text.replacing(FarPaths.job.string, with: departed.job(travel)).replacing(FarPaths.tree.string, with: tree)
    }
    for (name, source) in [("job.sh", job.folder.script), ("environment", job.folder.environment)] {
      try FileSystem.create(
        load.appending(name), containing: located(try source.readText(limit: 64 << 20, .plainFile)))
    }
    // What the agent is told of its worktree must hold there.
    let paths = FarPaths(travel.paths ?? [:])
    for (path, name) in [(travel.prompt, "prompt")] + travel.files.map({ ($0.key, $0.value) }) {
      let bytes = try FilePath(path).readBytes(limit: 256 << 20, .plainFile)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        try FileSystem.create(load.appending(name), containing: bytes)
        continue
      }
      try FileSystem.create(load.appending(name), containing: located(paths.translated(text)))
    }
    try await packIgnored(travel, in: load)
    try await packCommits(travel, departed, known: known, in: load)
  }

  /// Files such as `.env`, which the worktree got from the main checkout.
  private func packIgnored(_ travel: FarJob.Travel, in load: FilePath) async throws {
    let worktree = FilePath(travel.worktree)
    let git = GitCommand(directory: worktree, environment: environment)
    var names: [String] = []
    if !settings.ignored.isEmpty {
      names = try await git.require(
        .reading,
        ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"]
          + settings.ignored.map { ":(top,glob)\($0)" }
      ).records
    }
    if !settings.included.isEmpty {
      let fitting = try await git.require(
        .reading,
        ["ls-files", "-z", "--others", "--ignored"] + settings.included.map { "--exclude=\($0)" } + ["--", ":(top)"])
      let ignored =
        fitting.bytes.isEmpty
        ? nil : try await git.run(.reading, ["check-ignore", "-z", "--stdin"], input: fitting.bytes)
      names += ignored?.isSuccess == true ? ignored?.records ?? [] : []
    }
    guard !names.isEmpty else { return }
    let folder = load.appending("ignored")
    try FileSystem.createFolder(folder, permissions: 0o700)
    let copy = LinklessCopy(from: worktree, to: folder)
    // What is behind a link is left out, as it is in the worktree.
    for name in Set(names) { _ = try copy.copy(name) }
  }

  private func packCommits(
    _ travel: FarJob.Travel, _ departed: FarJob.Departed, known: [String], in load: FilePath
  ) async throws {
    let git = GitCommand(directory: FilePath(travel.worktree), environment: environment)
    let checked = try await git.require(
      .reading, ["cat-file", "--batch-check=%(objectname)", "--buffer"],
      input: Array(known.filter { ObjectID($0) != nil }.map { "\($0)^{commit}\n" }.joined().utf8))
    let common = checked.text.split(separator: "\n").map(String.init).filter { ObjectID($0) != nil }
    let new = try await git.require(
      .reading, ["rev-list", "--max-count=1", departed.sent] + (common.isEmpty ? [] : ["--not"] + common))
    guard !new.text.isEmpty else { return }
    // An earlier process may have died after it had written down what it sent.
    try await git.require(.recording, ["update-ref", travel.reference, departed.sent])
    try await git.require(
      .reading,
      ["bundle", "create", "--quiet", load.appending("bundle").string, travel.reference]
        + (common.isEmpty ? [] : ["--not"] + common))
  }

  private func tool(
    _ name: String, _ arguments: [String], into file: FilePath
  ) async throws -> (exit: ExitDescription, errors: [UInt8]) {
    guard let tool = ExecutableSearch(environment).locate(name) else {
      throw LaunchError.refused("'\(name)' is not found on PATH")
    }
    return try await Invocation(executable: tool, arguments: arguments, environment: environment)
      .run(from: nil, into: file)
  }
}

extension FarJob {
  /// Whose the commits are that only carry what is in no commit.
  static let identity = [
    "GIT_AUTHOR_NAME": "git-orch", "GIT_AUTHOR_EMAIL": "git-orch@localhost", "GIT_COMMITTER_NAME": "git-orch",
    "GIT_COMMITTER_EMAIL": "git-orch@localhost",
  ]
}
