import Basics
import Git
import Processes
import SystemPackage

/// Commits of submodules.
extension PushExamination {
  func submoduleFaults(_ submodules: [(path: String, id: String, commit: String)]) async throws -> [PushFault] {
    guard !submodules.isEmpty else { return [] }
    let names = try await submoduleNames()
    var faults: [PushFault] = []
    var seen: Set<[String]> = []
    for (path, id, commit) in submodules where seen.insert([path, id]).inserted {
      let reason: String?
      if let name = names[path] {
        reason = try await reasonAgainst(id, path: path, name: name)
      } else {
        reason = "and it is not in .gitmodules"
      }
      if let reason {
        faults.append(PushFault(kind: .submodule(commit: id, reason: reason), commit: commit, path: path))
      }
    }
    return faults
  }

  /// By path, as the tip has them.
  private func submoduleNames() async throws -> [String: String] {
    let output = try await git.run(
      .reading,
      ["config", "--blob", "\(tip):.gitmodules", "-z", "--get-regexp", #"^submodule\..*\.path$"#])
    guard output.isSuccess else { return [:] }
    var names: [String: String] = [:]
    for record in output.records {
      let parts = record.split(separator: "\n", maxSplits: 1).map(String.init)
      if parts.count == 2 {
        names[parts[1]] = String(parts[0].dropFirst("submodule.".count).dropLast(".path".count))
      }
    }
    return names
  }

  /// nil when a remote of the submodule has the commit, as far as is known here.
  private func reasonAgainst(_ id: String, path: String, name: String) async throws -> String? {
    var candidates = [worktree.appending(path)]
    if let checkout = rules.checkout { candidates.append(checkout.appending(path)) }
    if let common = rules.commonDirectory { candidates.append(common.appending("modules").appending(name)) }
    var wasFound = false
    for folder in candidates where folder.appending(".git").exists || folder.appending("HEAD").exists {
      let module = GitCommand(directory: folder, environment: environment)
      let answer = try await module.run(.reading, ["for-each-ref", "--count=1", "--contains", id, "refs/remotes"])
      guard answer.isSuccess else { continue }
      wasFound = true
      if !answer.bytes.isEmpty { return nil }
    }
    return wasFound ? "which is on no remote of it" : "which is nowhere to be found here"
  }
}
