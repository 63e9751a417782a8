import Basics
import Foundation
import OrchTestSupport
import Platform
import SystemPackage

/// What there is at the end, compared with what the agents wrote down.
struct Audit {
  let world: SoakWorld
  private(set) var attempts = 0
  private(set) var tokens = 0
  private(set) var pullRequests = 0
  private(set) var faults: [String] = []

  init(world: SoakWorld) {
    self.world = world
    for journal in journals {
      attempts += journal.count { $0.type == "attempt-starting" }
    }
  }

  private var runs: FilePath { world.root.appending(".git/orchestrator/runs") }

  /// Whether a run has begun that can be continued.
  var hasJournal: Bool { journals.contains { !$0.isEmpty } }

  private struct Entry {
    let type: String
    let task: String
    let attempt: Int
    let status: String
  }

  private var journals: [[Entry]] {
    names(in: runs).sorted().map { run in
      let text = FileManager.default.contents(atPath: "\(runs)/\(run)/journal.ndjson") ?? Data()
      return text.split(separator: UInt8(ascii: "\n")).compactMap { line in
        guard let entry = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
          let type = entry["type"] as? String
        else { return nil }
        return Entry(
          type: type, task: entry["task"] as? String ?? "", attempt: entry["attempt"] as? Int ?? 0,
          status: entry["status"] as? String ?? "")
      }
    }
  }

  func perform() async throws -> Audit {
    var audit = self
    try await audit.examine()
    return audit
  }

  private mutating func examine() async throws {
    try await findLost()
    findDoubled()
    try await findLeft()
    findPaidAgain()
    try await findUnfinished()
    try await examinePullRequests()
  }

  // MARK: -

  private mutating func findLost() async throws {
    let log = try await git("log", "--all", "-m", "-p", "--format=", in: world.root)
    var text = log
    for case let name as String in FileManager.default.enumerator(atPath: world.worktrees.string) ?? .init()
    where name.hasSuffix(".txt") {
      text +=
        FileManager.default.contents(atPath: "\(world.worktrees)/\(name)").map { String(decoding: $0, as: UTF8.self) }
        ?? ""
    }
    let kept = Set(text.matches(of: #/tok-t[0-9]+-[0-9]+-[0-9]+/#).map { String($0.output) })
    let written = names(in: world.ledger.appending("tokens"))
    tokens = written.count
    faults += written.filter { !kept.contains($0) }.sorted().map { "lost: \($0)" }
  }

  private mutating func findDoubled() {
    if let text = FileManager.default.contents(atPath: world.ledger.appending("doubled").string) {
      faults.append("doubled: two agents at once, \(String(decoding: text, as: UTF8.self))")
    }
    for journal in journals {
      for (task, entries) in Dictionary(grouping: journal.filter { $0.type == "attempt-launched" }, by: \.task) {
        let numbers = entries.map(\.attempt)
        if Set(numbers).count != numbers.count { faults.append("doubled: attempts of \(task): \(numbers)") }
      }
    }
  }

  private mutating func findLeft() async throws {
    faults += world.processes().map { "left: process \($0.pid) \($0.command)" }
    faults += names(in: world.worktrees).map { "left: worktree \($0)" }
    faults += names(in: world.root.appending(".git/worktrees")).map { "left: record \($0)" }
    for folder in [world.root.appending(".git"), world.remote] {
      for case let name as String in FileManager.default.enumerator(atPath: folder.string) ?? .init() {
        let isOurs = name.hasPrefix("orchestrator/") && name.split(separator: "/").count == 2
        // Where locks of killed gits are put.
        if name.hasPrefix("orchestrator/stale-locks/") { continue }
        let isTemporary =
          name.hasSuffix(".lock") && !isOurs || name.contains("index.saving.") || name.contains("index.compare.")
          || name.hasPrefix("orchestrator/removing/") || name.hasPrefix("orchestrator/removed-worktrees/")
        if isTemporary { faults.append("left: \(folder.lastComponent?.string ?? "")/\(name)") }
      }
    }
    let status = try await git("status", "--porcelain", in: world.root)
    if !status.isEmpty { faults.append("left: in the checkout: \(status)") }
  }

  /// An attempt that has said that it was done, with everything committed, is the last of its task.
  private mutating func findPaidAgain() {
    for (run, journal) in zip(names(in: runs).sorted(), journals) {
      var proven: Set<String> = []
      var done: Set<String> = []
      for entry in journal {
        switch entry.type {
        case "proven": proven.insert(entry.task)
        case "attempt-starting":
          if proven.contains(entry.task) {
            faults.append("paid again: \(entry.task), attempt \(entry.attempt), after its proof")
          }
          if done.contains(entry.task) {
            faults.append("paid again: \(entry.task), attempt \(entry.attempt), after it was done")
          }
          let name = "\(entry.task).\(entry.attempt)"
          let stream = FileManager.default.contents(
            atPath: "\(runs)/\(run)/tasks/\(entry.task)/attempt-\(entry.attempt).ndjson")
          let text = stream.map { String(decoding: $0, as: UTF8.self) } ?? ""
          let hasResult = text.split(separator: "\n").contains {
            $0.contains(#""type":"result""#) && $0.contains(#""is_error":false"#)
          }
          if hasResult, names(in: world.ledger.appending("done")).contains(name) { done.insert(entry.task) }
        default: break
        }
      }
    }
  }

  private mutating func findUnfinished() async throws {
    for number in 1...SoakWorld.taskCount {
      let branch = "refs/heads/feature/t\(number)"
      let ours = try? await git("rev-parse", "--verify", "--quiet", branch, in: world.root)
      let theirs = try? await git("rev-parse", "--verify", "--quiet", branch, in: world.remote)
      if ours == nil || ours != theirs {
        faults.append("stuck: t\(number) is at \(ours ?? "nothing"), and its remote branch at \(theirs ?? "nothing")")
      }
    }
    for folder in [world.root, world.remote] {
      let complaints = try await git("fsck", "--no-dangling", "--no-progress", in: folder)
      if !complaints.isEmpty { faults.append("other: git fsck: \(complaints)") }
    }
  }

  /// Each branch has one, which is open, and of what was pushed.
  private mutating func examinePullRequests() async throws {
    guard let forge = world.forge else { return }
    let all = try await forge.pullRequests()
    pullRequests = all.count
    for number in 1...SoakWorld.taskCount {
      let branch = "feature/t\(number)"
      let requests = all.filter { $0.branch == branch }
      let tip = try? await git("rev-parse", "--verify", "--quiet", "refs/heads/\(branch)", in: world.remote)
      if requests.isEmpty { faults.append("lost: the pull request of t\(number)") }
      if requests.count > 1 { faults.append("doubled: pull requests of t\(number): \(requests.map(\.number))") }
      for request in requests where request.state != .open || request.headCommit != tip {
        faults.append(
          "stuck: pull request #\(request.number) of t\(number) is \(request.state), at \(request.headCommit)")
      }
    }
    let others = all.filter { !$0.branch.hasPrefix("feature/t") }.map(\.branch)
    if !others.isEmpty { faults.append("left: pull requests of \(others.joined(separator: ", "))") }
    faults += await forge.surprises.map { "other: asked of the forge: \($0)" }
  }

  private func git(_ arguments: String..., in directory: FilePath) async throws -> String {
    try await GitProgram.run(arguments, in: directory, environment: world.environment)
  }

  private func names(in folder: FilePath) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
  }
}
